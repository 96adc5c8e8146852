# SPDX-License-Identifier: LGPL-2.1-or-later
"""A stepping session as a widget of notebooks: the reader is the scheduler."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import traitlets

from rcuscope import _core
from rcuscope.stepping import Session
from rcuscope.widget import TimelineWidget, columns_for_module, describe_for_module, module_text

_FOLDER: Final = Path(__file__).parent


def _module() -> str:
    """The text of one module: the timeline, whose export becomes a value, and the choices."""
    choices = (_FOLDER / "step_widget.js").read_text(encoding="utf-8")
    return module_text().replace("\nexport default {", "\nconst timelineModule = {") + choices


def describe_stand(session: Session) -> dict[str, Any]:
    """What step_widget.js shows of a session, as JSON values."""
    finding = session.finding
    told = session.to_dict()
    return {
        "choices": told["choices"],
        "blocked": [f"{actor}: {why}" for actor, why in session.blocked.items()],
        "state": str(session.state).splitlines(),
        "finding": None if finding is None else f"{finding.message}\n{finding.explanation}",
        "is_over": session.is_over,
        "schedule": session.schedule,
        "can_undo": session.can_undo,
    }


class StepWidget(TimelineWidget):
    """A session to be stepped through by buttons and keys; what is chosen in Python shows too.

    Attributes:
        session: The session itself.
    """

    _esm = _module()
    stand = traitlets.Dict().tag(sync=True)

    def __init__(self, session: Session) -> None:
        super().__init__(session.trace)
        self.session = session
        self.refresh()

    def _shown_without_front_end(self) -> dict[str, str]:
        """The moment in words: a picture cannot ask who goes next."""
        lines = [repr(self.session)]
        try:
            choices = [f"  {choice}" for choice in self.session.choices]
            state = str(self.session.state)
        except _core.UsageError:  # it is closed
            return {"text/plain": lines[0]}
        lines += ["Run this cell in a notebook, and choose who goes next:", *choices, state]
        return {"text/plain": "\n".join(lines)}

    def refresh(self) -> None:
        """Shows where the session is now; needed only after it was moved from elsewhere."""
        trace = self.session.trace
        self.trace = trace
        with self.hold_sync():
            self.about = describe_for_module(trace)
            self.columns = columns_for_module(trace)
            self.stand = describe_stand(self.session)
        self.step = trace.end

    def _answer(self, widget: Any, content: Any, buffers: Any) -> None:
        kind = content.get("kind") if isinstance(content, dict) else None
        try:
            if kind == "choose":
                self.session.choose(str(content.get("actor")))
            elif kind == "undo":
                self.session.undo()
            else:
                super()._answer(widget, content, buffers)
                return
        except _core.UsageError as error:
            self.send({"kind": "refused", "text": str(error)})
            return
        self.refresh()
