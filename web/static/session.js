"use strict";

// Without this file nothing is said before a form is sent. It says on a page that was left open that the session is
// about to end, or has ended, before more is typed into it.

const notice = document.getElementById("session");
const SOON = 10 * 60;
const LEAST = 10; // seconds between two questions to the server
const OFTEN = 5 * 60;
let ends = Date.now() + 1000 * Number(notice.dataset.left);
let asked = Date.now();
let timer;

function show() {
  const left = (ends - Date.now()) / 1000;
  const kind = left <= 0 ? "ended" : left <= SOON ? "soon" : "";
  for (const text of notice.querySelectorAll("[data-when]")) text.hidden = text.dataset.when !== kind;
  notice.querySelector("a").hidden = !kind;
  notice.classList.toggle("wrong", kind === "ended");
  notice.hidden = !kind;
  clearTimeout(timer);
  if (kind === "ended") timer = setTimeout(ask, 1000 * LEAST * 3); // somebody may log in again in another tab
  else timer = setTimeout(ask, 1000 * Math.min(OFTEN, Math.max(left > SOON ? left - SOON : left, 1)));
}

async function ask() {
  asked = Date.now();
  try {
    const answer = await fetch(notice.dataset.check, { cache: "no-store" });
    if (answer.ok) ends = Date.now() + 1000 * (await answer.json()).seconds;
  } catch {
    // The server is away: what was known before stays.
  }
  show();
}

function askSoon() {
  if (!document.hidden && Date.now() - asked > 1000 * LEAST) ask();
}

document.addEventListener("visibilitychange", askSoon);
document.addEventListener("focusin", (event) => {
  if (event.target.matches("input, textarea, select")) askSoon();
});
window.addEventListener("pageshow", (event) => {
  if (event.persisted) ask();
});
show();
