"use strict";

// Everything works without this file. It adds keys and steps between results, and lets choices act at once.

const box = document.getElementById("q") ?? document.getElementById("quick");
const results = [...document.querySelectorAll(".hit h2 a, .kwic .at")];
let at = -1;

function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is closed to us: nothing is remembered then
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // as above
  }
}

function step(by) {
  if (!results.length) return;
  at = Math.min(Math.max(at + by, 0), results.length - 1);
  results[at].focus({ preventScroll: true });
  results[at].scrollIntoView({ block: "center", inline: "center" });
}

// Whoever dictates would set off single letters (WCAG 2.1.4).
const KEYS = "wenyuan.keys";
const switched = document.querySelector("#keys input");

function keysAreOn() {
  return remembered(KEYS) !== "off";
}

if (switched) {
  switched.closest("#keys").hidden = false;
  switched.checked = keysAreOn();
  switched.addEventListener("change", () => remember(KEYS, switched.checked ? "on" : "off"));
}

// What a key does, by the key; the script of a page may add to it.
const pressed = {
  "/": (event) => {
    if (!box) return;
    event.preventDefault();
    box.focus();
    box.select();
  },
  j: () => step(1),
  k: () => step(-1),
};

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.closest("input, select, textarea")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  if (keysAreOn() && Object.hasOwn(pressed, event.key)) pressed[event.key](event);
});

// A choice acts at once, where there is something to search for or the form is for a list; the focus is on it again when the page is there.

const CHOICE = "wenyuan.choice";
const choices = document.querySelector("main form.search[method='get']");

choices?.addEventListener("change", (event) => {
  const asked = new FormData(choices).getAll("q").some((each) => each.trim());
  if (!(asked || "always" in choices.dataset) || !event.target.matches("select, [type='radio'], [type='checkbox']")) return;
  try {
    sessionStorage.setItem(CHOICE, `${location.pathname} ${event.target.name}`);
  } catch {
    // storage is closed to us: the focus is then at the head of the page
  }
  choices.requestSubmit();
});

function toChoice() {
  try {
    const [path, name] = (sessionStorage.getItem(CHOICE) ?? "").split(" ");
    sessionStorage.removeItem(CHOICE);
    if (path !== location.pathname || !choices) return;
    const found = [...choices.elements].filter((each) => each.name === name && each.type !== "hidden");
    (found.find((each) => each.checked) ?? found[0])?.focus({ preventScroll: true });
  } catch {
    // as above
  }
}

toChoice();
