"use strict";

// Reads a text aloud by the browser's own voice, where it has one for Chinese: sentence by sentence, or where the text
// has no punctuation, printed line by printed line. What is being read is marked. The server takes no part in it.

(() => {
  const bar = document.querySelector(".voice");
  const read = document.querySelector(".reading article");
  if (!bar || !read) return;
  const speech = window.speechSynthesis;
  const [begin, pause, stop] = bar.querySelectorAll("button");
  const standing = bar.querySelector("[role=status]");
  const LONGEST = 120; // characters of what is said at once: some voices fall silent in longer texts
  const ENDS = "。！？；!?;";
  const CLOSING = "」』”’）》〉";
  let units = [];
  let at = -1; // of the unit that is read, -1 for none

  const voice = () => speech?.getVoices().find((each) => /^(zh|cmn|yue)/i.test(each.lang));

  // Characters in their order with where they stand in the page; a null is the end of a line.
  function* characters() {
    for (const lines of read.querySelectorAll(".lines")) {
      const walker = document.createTreeWalker(lines, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
      for (let node = walker.nextNode(); node; node = walker.nextNode()) {
        if (node.nodeName === "BR") yield null;
        if (node.nodeType !== Node.TEXT_NODE || isUnread(node.parentElement)) continue;
        let offset = 0;
        for (const char of node.data) {
          yield { char, node, offset, end: offset + char.length };
          offset += char.length;
        }
      }
    }
  }

  // Running heads and numbers of notes are no part of what is told; hidden notes are not to be heard either.
  function isUnread(element) {
    return element.closest(".head, .beside") || (read.classList.contains("notes-hidden") && element.closest(".note:not(:has(mark))"));
  }

  function unitsOf() {
    const all = [...characters()];
    const said = all.filter((each) => each && each.char.trim());
    const punctuated = said.filter((each) => ENDS.includes(each.char)).length * 100 > said.length;
    const found = [];
    let unit = [];
    const close = () => {
      if (unit.some((each) => each.char.trim())) found.push(unit);
      unit = [];
    };
    all.forEach((each, number) => {
      if (each === null) {
        if (!punctuated) close();
        return;
      }
      unit.push(each);
      const next = all.slice(number + 1, number + 3).find(Boolean);
      const ended = ENDS.includes(each.char) || (CLOSING.includes(each.char) && ENDS.includes(unit.at(-2)?.char ?? " "));
      if ((punctuated && ended && !CLOSING.includes(next?.char ?? " ")) || unit.length >= LONGEST) close();
    });
    close();
    return found.map(rangeOf);
  }

  function rangeOf(unit) {
    const said = unit.filter((each) => each.char.trim());
    const range = document.createRange();
    range.setStart(said[0].node, said[0].offset);
    range.setEnd(said.at(-1).node, said.at(-1).end);
    return { range, text: said.map((each) => each.char).join("") };
  }

  function isInView({ range }) {
    const box = range.getBoundingClientRect();
    const frame = read.classList.contains("vertical") ? read.getBoundingClientRect() : { left: 0, right: innerWidth };
    return box.bottom > 0 && box.top < innerHeight && box.right > frame.left && box.left < frame.right && box.width + box.height > 0;
  }

  // From what is selected, or else from what is in view.
  function first() {
    const selection = getSelection();
    if (selection.rangeCount && !selection.isCollapsed && read.contains(selection.anchorNode)) {
      const start = selection.getRangeAt(0);
      const found = units.findIndex(({ range }) => range.compareBoundaryPoints(Range.START_TO_END, start) > 0);
      if (found >= 0) return found;
    }
    return Math.max(units.findIndex(isInView), 0);
  }

  function mark() {
    if (!window.CSS?.highlights) return; // it is heard all the same
    if (at < 0) CSS.highlights.delete("spoken");
    else CSS.highlights.set("spoken", new Highlight(units[at].range));
  }

  function say() {
    mark();
    if (at < 0) return;
    const { range, text } = units[at];
    if (!isInView(units[at])) range.startContainer.parentElement.scrollIntoView({ block: "center", inline: "center" });
    const said = new SpeechSynthesisUtterance(text);
    said.voice = voice() ?? null;
    said.lang = said.voice?.lang ?? "zh-CN";
    const mine = at;
    said.onend = () => {
      if (at !== mine) return;
      if (at + 1 < units.length) { at += 1; say(); } else end();
    };
    said.onerror = () => { if (at === mine) end(); };
    speech.speak(said);
  }

  function tell(state) {
    bar.dataset.state = state;
    begin.hidden = state !== "silent";
    pause.hidden = stop.hidden = state === "silent";
    pause.textContent = pause.dataset[state === "paused" ? "resume" : "pause"];
    standing.textContent = bar.dataset[state] ?? "";
  }

  function start() {
    units = unitsOf();
    if (!units.length) return;
    at = first();
    speech.cancel();
    tell("reading");
    say();
  }

  function halt() {
    if (bar.dataset.state === "paused") { speech.resume(); tell("reading"); } else { speech.pause(); tell("paused"); }
  }

  function end() {
    const focused = bar.contains(document.activeElement);
    at = -1;
    speech.cancel();
    mark();
    tell("silent");
    if (focused) begin.focus();
  }

  function offer() {
    const there = Boolean(voice());
    bar.querySelector(".none").hidden = there;
    bar.querySelector(".there").hidden = !there;
  }

  begin.addEventListener("click", () => { start(); pause.focus(); });
  pause.addEventListener("click", halt);
  stop.addEventListener("click", end);
  addEventListener("pagehide", () => speech?.cancel());
  Object.assign(pressed, {
    v: () => { if (voice()) (at < 0 ? start : halt)(); },
    x: () => { if (at >= 0) end(); },
  });
  tell("silent");
  offer();
  speech?.addEventListener?.("voiceschanged", offer); // voices may come later
})();
