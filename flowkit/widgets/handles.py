"""Names for the handles of a slider: ipywidgets gives them none, so a screen reader would say only numbers."""

import anywidget
import traitlets

_ESM = """
function render({ model, el }) {
  el.style.display = "none";
  const name = () => {
    const handles = el.closest(".flowkit-picker")?.querySelectorAll(".noUi-handle") ?? [];
    handles.forEach((handle, n) => handle.setAttribute("aria-label", model.get("names")[n] ?? ""));
  };
  const watcher = new MutationObserver(name);
  const begin = () => {
    const picker = el.closest(".flowkit-picker");
    if (!picker) return requestAnimationFrame(begin);
    watcher.observe(picker, { childList: true, subtree: true });
    name();
  };
  begin();
  return () => watcher.disconnect();
}
export default { render };
"""


class HandleNames(anywidget.AnyWidget):
    """Names the handles of the sliders of the picker that it is part of; shows nothing itself."""

    _esm = _ESM
    names = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, *names: str) -> None:
        super().__init__(names=list(names))
