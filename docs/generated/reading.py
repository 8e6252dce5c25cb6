"""How docstrings and signatures are read, so that they are as plain on a page as in the code."""

from typing import Any

import griffe

from generated.markdown import one_colon

__all__ = ["Plain"]


class Plain(griffe.Extension):
    """Changes docstrings before they are parsed, and writes out defaults that have a private name."""

    def on_object(self, *, obj: griffe.Object, **kwargs: Any) -> None:  # noqa: ANN401, ARG002 - as griffe calls it
        """Change an object's docstring."""
        if obj.docstring:
            obj.docstring.value = one_colon(obj.docstring.value)

    def on_package(self, *, pkg: griffe.Module, **kwargs: Any) -> None:  # noqa: ANN401, ARG002 - as griffe calls it
        """Write out the defaults, once all constants are read."""
        for module in (pkg, *_below(pkg)):
            for function in module.functions.values():
                for parameter in function.parameters:
                    constant = module.members.get(str(parameter.default))
                    if str(parameter.default).startswith("_") and isinstance(constant, griffe.Attribute):
                        parameter.default = constant.value


def _below(module: griffe.Module) -> list[griffe.Module]:
    children = [one for one in module.modules.values() if not one.is_alias]
    return [*children, *(further for one in children for further in _below(one))]
