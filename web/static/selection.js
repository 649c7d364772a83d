"use strict";

// Everything works without this file. It says what is selected in a text that is read, for whoever does something with
// it: the article dispatches "selected", whose detail is {start, end, text}, a half-open range of the section in code
// points, and the text as it stands there; it is null once nothing is selected. The bar of buttons (#selected) shows at
// the selection; the key s goes to it, Escape and the bar's end lead back into the text.

(() => {
  const read = document.querySelector(".reading article");
  const bar = document.getElementById("selected");
  if (!read) return;

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
    const all = [...read.querySelectorAll(".lines[data-start]")].filter((each) => range.intersectsNode(each));
    if (!all.length) return null;
    const [first] = all;
    const before = document.createRange();
    before.selectNodeContents(first);
    if (first.contains(range.startContainer)) before.setEnd(range.startContainer, range.startOffset);
    else before.collapse(true);
    const whole = all.map((each) => said(each, range)).join("");
    const text = whole.trim();
    const start = Number(first.dataset.start) + size(said(first, before)) + size(whole) - size(whole.trimStart());
    return text ? { start, end: start + size(text), text } : null;
  }

  let now = null;

  // Below what is selected, or where there is no room for it or it is out of sight, at the lower edge of the screen.
  function place() {
    const { left, bottom } = getSelection().getRangeAt(0).getBoundingClientRect();
    const top = bottom > 0 ? bottom + 8 : innerHeight;
    bar.style.left = `${Math.max(4, Math.min(left, innerWidth - bar.offsetWidth - 4))}px`;
    bar.style.top = `${Math.max(4, Math.min(top, innerHeight - bar.offsetHeight - 4))}px`;
  }

  function show() {
    const standing = bar.querySelector("[role=status]");
    if (!now) {
      bar.hidden = true;
      standing.textContent = "";
      return;
    }
    const before = standing.textContent;
    bar.hidden = false;
    place();
    const told = standing.dataset.told.replace("{n}", now.end - now.start);
    if (told !== before) standing.textContent = told;
  }

  let asked = 0;

  document.addEventListener("selectionchange", () => {
    cancelAnimationFrame(asked);
    asked = requestAnimationFrame(() => {
      if (bar?.contains(document.activeElement)) return; // a button of the bar is for what was selected before
      const part = selected();
      if (!part && !now) return;
      now = part;
      read.dispatchEvent(new CustomEvent("selected", { detail: part }));
      if (bar) show();
    });
  });

  if (!bar) return;
  addEventListener("scroll", () => { if (!bar.hidden && getSelection().rangeCount) place(); }, { capture: true, passive: true });
  // Pressing a button with the mouse or a finger leaves the selection as it is.
  bar.addEventListener("pointerdown", (event) => event.preventDefault());
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || bar.hidden) return;
    if (event.key === "Escape") {
      getSelection().removeAllRanges();
      now = null;
      show();
      read.focus({ preventScroll: true });
      read.dispatchEvent(new CustomEvent("selected", { detail: null }));
    } else if (event.key === "s" && keysAreOn() && !event.target.closest("input, select, textarea")) {
      event.preventDefault();
      bar.querySelector("a, button")?.focus();
    }
  });
})();
