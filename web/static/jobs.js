"use strict";

// Without this file the page is refreshed by hand. It asks how far the job is, and shows its result when it has ended.

const job = document.getElementById("job");
const bar = document.getElementById("progress");
const percent = document.getElementById("percent");
const OFTEN = 1500; // milliseconds between two questions
const LONGEST = 15000;
let pause = OFTEN;

async function ask() {
  if (document.hidden) return true;
  const answer = await fetch(job.dataset.progress, { cache: "no-store" });
  if (answer.status === 404) return false;
  if (!answer.ok) throw new Error(answer.status);
  const { state, done, steps } = await answer.json();
  if (state !== job.dataset.state) return false;
  bar.max = steps || 1;
  bar.value = done;
  percent.textContent = `${Math.floor((100 * done) / (steps || 1))}%`;
  return true;
}

async function goOn() {
  try {
    if (!(await ask())) {
      location.reload();
      return;
    }
    pause = OFTEN;
  } catch {
    pause = Math.min(2 * pause, LONGEST); // the server is away, or has too much to do
  }
  setTimeout(goOn, pause);
}

setTimeout(goOn, pause);
