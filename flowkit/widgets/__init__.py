"""What people click: the scope picker and the workbench."""
