"use strict";

// Everything works without this file. It keeps what is typed: a reply on the server while it is written, any other long
// text, and whatever the server did not take, in this browser: for whoever is logged in, else for this tab alone.
// It asks before a page is left whose text is nowhere but on it.

const PREFIX = "wenyuan.draft.";
const PAUSE = 2000; // milliseconds after the last key
const LIFE = 7 * 24 * 3600 * 1000; // milliseconds that this browser keeps what was not taken
const words = document.body.dataset;
const account = words.account ?? "";

function shelf() {
  try {
    return account ? localStorage : sessionStorage;
  } catch {
    return null; // closed to us: nothing is kept in this browser
  }
}

const kept = shelf();

function put(key, text) {
  try {
    kept?.setItem(PREFIX + key, JSON.stringify({ text, at: Date.now() }));
  } catch {
    return false; // it is full
  }
  return kept !== null;
}

function read(key) {
  try {
    return JSON.parse(kept?.getItem(PREFIX + key) ?? "null");
  } catch {
    return null;
  }
}

function drop(key) {
  kept?.removeItem(PREFIX + key);
}

function keys() {
  return Object.keys(kept ?? {}).filter((key) => key.startsWith(PREFIX)).map((key) => key.slice(PREFIX.length));
}

// What is old, or was typed by somebody else who used this browser, is not kept.
for (const key of account ? keys() : []) {
  const held = read(key);
  if (!held || key.split("|")[0] !== account || Date.now() - held.at > LIFE) drop(key);
}

document.querySelector("form.log-out")?.addEventListener("submit", () => keys().forEach(drop));

// A form that was sent from this tab, and is answered by a page that does not hold it again, has arrived.
const SENT = "wenyuan.sent";

class Sheet {
  constructor(form, area) {
    this.form = form;
    this.area = area;
    const hidden = [...form.querySelectorAll("input[type=hidden]")].filter((each) => each.name !== "csrf_token");
    const name = form.elements.sheet?.value ?? [area.name, ...hidden.map((each) => each.value)].join(",");
    this.address = new URL(form.action).pathname;
    this.key = [account, this.address, name].join("|");
    this.stored = "unsaved" in form.dataset ? null : area.defaultValue; // the text as it is known to be kept elsewhere
    this.timer = 0;
    this.sending = null;
    this.said = null;
    area.addEventListener("input", () => this.wait());
    form.addEventListener("submit", () => this.leave());
    if (this.stored === null && form.dataset.autosave) this.wait();
  }

  get unsaved() {
    return this.stored === null ? this.area.value.trim() !== "" : this.area.value !== this.stored;
  }

  wait() {
    if (!this.said) {
      this.said = document.createElement("p");
      this.said.className = "facts autosaved";
      this.said.setAttribute("role", "status"); // it is there before it says anything, for screen readers to hear it
      this.area.after(this.said);
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.save(), PAUSE);
  }

  async save() {
    const text = this.area.value;
    if (!this.unsaved) return drop(this.key);
    const here = put(this.key, text);
    if (!this.form.dataset.autosave) return;
    this.sending?.abort();
    this.sending = new AbortController();
    const sent = new URLSearchParams(new FormData(this.form));
    sent.delete("csrf_token");
    let answer = null;
    try {
      answer = await fetch(this.form.dataset.autosave, {
        method: "POST",
        body: sent,
        headers: { "X-CSRFToken": this.form.elements.csrf_token.value },
        signal: this.sending.signal,
      });
      if (!answer.ok) throw new Error(String(answer.status));
      const told = await answer.json();
      this.stored = text;
      drop(this.key);
      this.say(words.savedAt.replace("{at}", told.at));
    } catch (failure) {
      if (failure.name === "AbortError") return;
      const why = answer && [400, 401, 403].includes(answer.status) ? words.loggedOut : words.notSaved;
      this.say(here ? `${why}${words.keptHere}` : why);
    }
  }

  leave() {
    clearTimeout(this.timer);
    this.sending?.abort();
    if (this.unsaved) put(this.key, this.area.value);
    this.stored = this.area.value; // it is on its way
    this.sent();
  }

  sent() {
    try {
      sessionStorage.setItem(SENT, this.key);
    } catch {
      // as above
    }
  }

  say(text) {
    this.said.textContent = text;
  }

  // A copy of this browser that says anything else than the page: whether to take it is for its writer to choose.
  offer() {
    const start = [account, this.address, ""].join("|");
    const mine = this.form.elements.sheet ? keys().filter((key) => key.startsWith(start)) : [this.key];
    for (const key of mine) {
      const held = read(key);
      if (!held) continue;
      if (!held.text.trim() || held.text === this.area.value) {
        drop(key);
        continue;
      }
      const box = document.createElement("div");
      box.className = "message kept";
      const told = document.createElement("p");
      told.textContent = words.found.replace("{at}", new Date(held.at).toLocaleString(document.documentElement.lang));
      const look = document.createElement("details");
      const summary = document.createElement("summary");
      const shown = document.createElement("pre");
      summary.textContent = words.look;
      shown.className = "source";
      shown.lang = "zh";
      shown.textContent = held.text;
      look.append(summary, shown);
      const take = document.createElement("button");
      take.type = "button";
      take.textContent = words.take;
      take.addEventListener("click", () => {
        this.area.value = held.text;
        drop(key);
        box.remove();
        this.wait();
        this.area.focus();
      });
      const away = document.createElement("button");
      away.type = "button";
      away.className = "plain";
      away.textContent = words.away;
      away.addEventListener("click", () => {
        drop(key);
        box.remove();
        this.area.focus();
      });
      const choice = document.createElement("p");
      choice.append(take, " ", away);
      box.append(told, look, choice);
      this.form.before(box);
    }
  }
}

const sheets = [...document.querySelectorAll("form[method=post] textarea[name]:not([readonly])")].map(
  (area) => new Sheet(area.form, area),
);

// What was sent and is not on this page any more has arrived, unless this page is one that says why it has not.
try {
  const sent = sessionStorage.getItem(SENT);
  sessionStorage.removeItem(SENT);
  const failed = document.body.classList.contains("error") || document.querySelector("main [aria-invalid]");
  if (sent && !failed && !document.querySelector("form[data-unsaved]")) drop(sent);
} catch {
  // as above
}

if (!document.body.classList.contains("error")) sheets.forEach((sheet) => sheet.offer());

addEventListener("beforeunload", (event) => {
  if (sheets.some((sheet) => sheet.unsaved)) event.preventDefault();
});
