"use strict";

// Everything works without this file. While a case is worked on, it keeps passages without leaving the page: what was
// kept is marked where it stands and can be taken back there; and what is selected in a text that is read is what the
// form below it keeps.

const told = document.getElementById("told");
const bar = document.querySelector("form.keep-bar");

function say(text, wrong) {
  told.classList.toggle("wrong", wrong);
  told.textContent = text;
}

// Whatever is no JSON is a page that says what is wrong, and keeps what was written: then the form is sent as without us.
async function send(form, button) {
  button.disabled = true;
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(new FormData(form)),
      headers: { Accept: "application/json" },
    });
    if (!answer.headers.get("Content-Type")?.startsWith("application/json")) return form.submit();
    const { told: text, ...more } = await answer.json();
    say(text, !answer.ok);
    return answer.ok ? more : null;
  } catch {
    form.submit();
  } finally {
    button.disabled = false;
  }
  return null;
}

function place(form, start) {
  if (!form.classList.contains("keep-bar")) return form.parentElement.querySelector(".kept-here");
  const all = [...document.querySelectorAll(".kept-here")];
  return all.find((each) => Number(each.dataset.start) <= start && start < Number(each.dataset.end));
}

document.addEventListener("submit", async (event) => {
  const form = event.target;
  if (form.matches("form.add")) {
    event.preventDefault();
    const kept = await send(form, form.querySelector("button"));
    if (!kept) return;
    const here = place(form, kept.start);
    here.insertAdjacentHTML("beforeend", kept.mark);
    here.lastElementChild.querySelector("input[name=here]").value = here.id;
    form.elements.note.value = "";
    form.querySelector("details").open = false;
    if (form === bar) return;
    form.hidden = true; // just this passage is in the case
    here.lastElementChild.querySelector("button").focus();
  } else if (form.matches("form.undo")) {
    event.preventDefault();
    if (!(await send(form, form.querySelector("button")))) return;
    const here = form.closest(".kept-here");
    form.closest(".kept").remove();
    const add = here.parentElement.querySelector("form.add");
    if (!add) return bar?.querySelector("button").focus();
    add.hidden = false;
    add.querySelector("button").focus();
  }
});

// The text of a part of a leaf as it stands in its section, where every line end is one <br>.
function said(lines, range) {
  const part = document.createRange();
  part.selectNodeContents(lines);
  if (lines.contains(range.startContainer)) part.setStart(range.startContainer, range.startOffset);
  if (lines.contains(range.endContainer)) part.setEnd(range.endContainer, range.endOffset);
  const copy = part.cloneContents();
  for (const end of copy.querySelectorAll("br")) end.replaceWith("\n");
  return copy.textContent;
}

const size = (text) => [...text].length; // in code points, as the server counts

// What is selected, from the first to the last leaf that has any of it, without blanks at its ends.
function selected() {
  const selection = getSelection();
  if (!selection.rangeCount || selection.isCollapsed) return null;
  const range = selection.getRangeAt(0);
  const all = [...document.querySelectorAll(".lines[data-start]")].filter((each) => range.intersectsNode(each));
  if (!all.length) return null;
  const [first] = all;
  const before = document.createRange();
  before.selectNodeContents(first);
  if (first.contains(range.startContainer)) before.setEnd(range.startContainer, range.startOffset);
  else before.collapse(true);
  const text = all.map((each) => said(each, range)).join("");
  const words = text.trim();
  const start = Number(first.dataset.start) + size(said(first, before)) + size(text) - size(text.trimStart());
  return words ? { start, end: start + size(words), words: words.replace(/\s+/g, "") } : null;
}

if (bar) {
  const choice = bar.elements.range;
  const own = document.createElement("option");
  let chosen = [...choice.options].some((each) => each.defaultSelected);
  bar.querySelector(".by-script").hidden = false;
  choice.addEventListener("change", () => { chosen = true; });
  document.addEventListener("selectionchange", () => {
    const part = selected();
    if (!part) return; // what was selected stays in the form: pressing its button ends the selection
    if (part.end - part.start > Number(bar.dataset.most)) {
      return say(bar.dataset.tooLong.replace("{n}", bar.dataset.most), true);
    }
    own.value = `${part.start}-${part.end}`;
    own.textContent = bar.dataset.selected
      .replace("{n}", part.end - part.start)
      .replace("{words}", part.words.length > 16 ? `${part.words.slice(0, 8)}…${part.words.slice(-6)}` : part.words);
    choice.prepend(own);
    own.selected = chosen = true;
  });
  // Until something is chosen, it is the page in the middle of the screen.
  const watch = new IntersectionObserver((seen) => {
    const at = seen.find((each) => each.isIntersecting)?.target.querySelector(".kept-here");
    if (!at || chosen) return;
    choice.value = `${at.dataset.start}-${at.dataset.end}`;
  }, { rootMargin: "-45%" });
  for (const each of document.querySelectorAll(".leaf")) watch.observe(each);
}
