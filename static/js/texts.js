// Autosave of the long texts: half a second after the last key, with a version check.
// What is not saved yet is kept in the browser too, and offered again after a crash.
import { isHeld, ready } from "./hold.js";
import { page, post } from "./http.js";

const PAUSE = 500;
const RETRY = 2000;
const savers = new Map();

export function saver(id) {
  return savers.get(id);
}

class Saver {
  constructor(area, { reader, report }) {
    this.area = area;
    this.line = document.getElementById(`${area.id}-save`);
    this.box = document.getElementById(`${area.id}-conflict`);
    // One for each page: what another tab typed is offered too, and never written over.
    this.prefix = `text/${reader}/${report}/${area.id}/`;
    this.key = this.prefix + page;
    // What the server sent, not what stands there: someone may have typed before this ran.
    this.saved = area.defaultValue;
    this.chain = ready;
    this.timer = 0;
    this.blocked = false;
    this.isHeld = false;
  }

  get isDirty() {
    return this.area.value !== this.saved;
  }

  typed() {
    if (!this.isDirty) {
      this.clean();
      return;
    }
    this.keep();
    if (this.isHeld) return;
    this.line.textContent = "…";
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), PAUSE);
  }

  // Back at what is saved, by undo or by typing.
  clean() {
    clearTimeout(this.timer);
    localStorage.removeItem(this.key);
    if (this.line.textContent === "…") this.line.textContent = "saved";
  }

  keep() {
    const kept = { text: this.area.value, version: this.area.dataset.version, at: Date.now() };
    try {
      localStorage.setItem(this.key, JSON.stringify(kept));
    } catch {
      this.line.textContent = "not kept in this browser";
    }
  }

  // One request at a time; `work` may be something else that needs the saved text.
  run(work) {
    this.chain = this.chain.then(work, work);
    return this.chain;
  }

  flush({ keepalive = false } = {}) {
    clearTimeout(this.timer);
    return this.run(() => this.send(keepalive));
  }

  async send(keepalive) {
    if (!this.isDirty || this.blocked) return;
    const text = this.area.value;
    let answer;
    try {
      const values = { text, version: this.area.dataset.version };
      answer = await post(this.area.dataset.text, values, { keepalive });
    } catch {
      this.later("no connection; kept here, trying again");
      return;
    }
    await this.took(answer, text);
  }

  async took(answer, text) {
    if (answer.ok) {
      this.area.dataset.version = (await answer.json()).version;
      this.saved = text;
      this.line.textContent = "saved";
      document.dispatchEvent(new Event("saved"));
      this.typed();
    } else if (answer.status === 409) {
      this.conflict(await answer.json());
    } else if (answer.status === 422) {
      this.line.textContent = `not saved: ${(await answer.json()).message}`;
    } else if (answer.status === 423) {
      // The event has told `held` already.
    } else if (answer.type === "opaqueredirect" || answer.status === 403) {
      this.later("signed out; kept here. Sign in in another tab");
    } else {
      this.later("not saved yet; trying again");
    }
  }

  later(message) {
    this.line.textContent = message;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.flush(), RETRY);
  }

  conflict(current) {
    this.blocked = true;
    this.line.textContent = "not saved: changed elsewhere";
    this.offer(current.message, current.text, "Take that one", () => {
      this.area.value = current.text;
      this.saved = current.text;
      this.area.dataset.version = current.version;
      localStorage.removeItem(this.key);
      this.line.textContent = "saved";
    }, "Keep mine", () => {
      this.saved = current.text;
      this.area.dataset.version = current.version;
      this.flush();
    });
  }

  offer(message, text, yes, take, no, refuse) {
    const shown = document.createElement("pre");
    shown.textContent = text;
    const buttons = [[yes, take], [no, refuse]].map(([label, act]) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = label;
      button.addEventListener("click", () => {
        this.box.hidden = true;
        this.blocked = false;
        act();
        this.area.focus();
        this.area.dispatchEvent(new Event("input", { bubbles: true }));
      });
      return button;
    });
    this.box.replaceChildren(message, shown, ...buttons);
    this.box.hidden = false;
  }

  // Another page writes in the report. What is being typed here goes on and is kept, but not sent.
  held(isFirst) {
    if (this.isHeld) return;
    this.isHeld = this.blocked = true;
    this.area.readOnly = !this.isDirty && (isFirst || document.activeElement !== this.area);
    const text = document.createElement("pre");
    this.box.replaceChildren("What you typed here is not saved. It is kept in this browser and offered again when you write here:", text);
    const show = () => {
      this.line.textContent = this.isDirty ? "not saved: kept here" : "";
      text.textContent = this.area.value;
      this.box.hidden = !this.isDirty;
    };
    if (this.isDirty) this.keep();
    this.area.addEventListener("input", show);
    show();
  }

  // What a page of this reader kept of this text, the newest first.
  kept() {
    const keys = Object.keys(localStorage).filter((key) => key.startsWith(this.prefix));
    const all = keys.map((key) => ({ key, ...JSON.parse(localStorage.getItem(key)) }));
    return all.sort((a, b) => b.at - a.at);
  }

  recover() {
    const typed = () => this.area.dispatchEvent(new Event("input", { bubbles: true }));
    if (this.isDirty) typed();
    const [kept] = this.kept().filter(({ key }) => key !== this.key);
    if (!kept) return;
    const forget = () => {
      localStorage.removeItem(kept.key);
      setTimeout(() => this.recover());
    };
    if (kept.text === this.area.value) {
      forget();
    } else if (!this.isDirty && kept.version === this.area.dataset.version) {
      this.area.value = kept.text;
      typed();
      this.line.textContent = "restored";
      forget();
    } else {
      this.blocked = true;
      this.offer("Typed here before and never saved:", kept.text, "Use it", () => {
        this.area.value = kept.text;
        forget();
      }, "Forget it", forget);
    }
  }
}

// Send what is not saved yet; resolves when the server has answered.
export function flushTexts(options) {
  return Promise.all([...savers.values()].map((one) => one.flush(options)));
}

export function watchTexts(report) {
  for (const area of document.querySelectorAll("textarea[data-text]:not([readonly])")) {
    const one = new Saver(area, report.dataset);
    savers.set(area.id, one);
    area.addEventListener("input", () => one.typed());
    document.addEventListener("held", (event) => one.held(event.isFirst));
    ready.then(() => isHeld() || one.recover());
  }
  const leave = () => flushTexts({ keepalive: true });
  document.addEventListener("visibilitychange", () => document.hidden && leave());
  document.addEventListener("leaving", (event) => event.detail.push(flushTexts()));
  window.addEventListener("pagehide", leave);
  window.addEventListener("online", () => flushTexts());
}
