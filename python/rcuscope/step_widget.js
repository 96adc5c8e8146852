// SPDX-License-Identifier: LGPL-2.1-or-later
// Be the scheduler in a notebook: who can run, above the timeline of widget.js, which stands before
// this text in one module.
//
// The model has `stand` as well: choices, blocked, state, finding, is_over and schedule. The reader's
// wishes go to Python as messages; Python answers by a new stand, or by a message of kind "refused".

const STEP_CSS = `
.rcuscope-step{font:12px/1.45 Inter,"Segoe UI",sans-serif;color:var(--jp-content-font-color1,#1B242D);
 margin-bottom:8px;outline-offset:2px}
.rcuscope-step .choices{display:flex;gap:6px;flex-wrap:wrap;margin-bottom:6px}
.rcuscope-step button{font:inherit;text-align:left;padding:4px 10px;cursor:pointer;border-radius:6px;
 border:1px solid var(--jp-border-color1,#CBD2DA);background:var(--jp-layout-color1,#F5F7F9);color:inherit}
.rcuscope-step button b{display:block} .rcuscope-step button small{opacity:.7}
.rcuscope-step button:disabled{opacity:.45;cursor:default}
.rcuscope-step .columns{display:grid;grid-template-columns:1fr 1fr;gap:10px}
.rcuscope-step h4{margin:0 0 2px;font-size:11px;font-weight:600;opacity:.7}
.rcuscope-step ul{margin:0;padding:0;list-style:none;max-height:9em;overflow:auto}
.rcuscope-step .told{min-height:1.5em;white-space:pre-line;margin:4px 0}
.rcuscope-step .finding{color:${RED};font-weight:600}
@media(max-width:700px){.rcuscope-step .columns{grid-template-columns:1fr}}`;

class Scheduler {
  constructor(model, root) {
    this.model = model;
    this.root = root;
    root.classList.add("rcuscope-step");
    root.tabIndex = 0;
    root.setAttribute("role", "group");
    root.setAttribute("aria-label", "Who runs next");
    element(root, "style", "", STEP_CSS);
    this.choices = element(root, "div", "choices");
    this.told = element(root, "div", "told");
    this.told.setAttribute("aria-live", "polite");
    const columns = element(root, "div", "columns");
    [this.state, this.blocked] = ["The world now", "Who cannot run, and why"].map((title) => {
      const column = element(columns, "div");
      element(column, "h4", "", title);
      return element(column, "ul");
    });
    this.changed = () => this.update();
    this.refused = (message) => {
      if (message.kind === "refused") this.tell(message.text, "");
    };
    this.pressed = (event) => this.key(event);
    model.on("change:stand", this.changed);
    model.on("msg:custom", this.refused);
    root.addEventListener("keydown", this.pressed);
    this.update();
  }

  close() {
    this.model.off("change:stand", this.changed);
    this.model.off("msg:custom", this.refused);
    this.root.removeEventListener("keydown", this.pressed);
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const { choices, can_undo } = this.model.get("stand");
    const choice = choices[Number(event.key) - 1];
    if (choice) this.model.send({ kind: "choose", actor: choice.actor });
    else if ((event.key === "u" || event.key === "Backspace") && can_undo) {
      this.model.send({ kind: "undo" });
    } else return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has its own keys
  }

  tell(text, className) {
    this.told.textContent = text;
    this.told.className = `told ${className}`;
  }

  update() {
    const stand = this.model.get("stand");
    // The button that was pressed goes away: the keys must still reach the group.
    const hadFocus = this.choices.contains(document.activeElement);
    this.choices.replaceChildren();
    stand.choices.forEach(({ actor, operation, place }, i) => {
      const button = element(this.choices, "button", "choice");
      element(button, "b", "", `${i + 1}  ${actor}`);
      element(button, "span", "", operation);
      if (place) element(button, "small", "", `  ${place}`);
      button.addEventListener("click", () => this.model.send({ kind: "choose", actor }));
    });
    const undo = element(this.choices, "button", "undo", "undo");
    undo.title = "take the latest choice back (u)";
    undo.disabled = !stand.can_undo;
    undo.addEventListener("click", () => this.model.send({ kind: "undo" }));
    if (hadFocus) this.root.focus();
    if (stand.finding) this.tell(stand.finding, "finding");
    else if (stand.is_over) this.tell("It is over, and nothing went wrong. Undo, and try another order.", "");
    else this.tell(`Who runs next? Make it crash.  ${stand.schedule}`, "");
    for (const [list, lines] of [[this.state, stand.state], [this.blocked, stand.blocked]]) {
      list.replaceChildren();
      for (const line of lines.length ? lines : ["–"]) element(list, "li", "", line);
    }
  }
}

export default {
  render({ model, el }) {
    const root = document.createElement("div");
    el.append(root);
    const scheduler = new Scheduler(model, root);
    const closeTimeline = timelineModule.render({ model, el });
    return () => {
      scheduler.close();
      closeTimeline();
    };
  },
};
