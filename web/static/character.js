// A card that says what is known of a character: of the one that is touched or rested on while the switch is on, or of
// the first one that is selected, by the key c. The card is the page of the character; nothing else is loaded.

const text = document.querySelector(".reading article");
const toggle = document.getElementById("character-switch");
const card = document.getElementById("character-card");
const body = card?.querySelector(".card-body");
const told = card?.querySelector("[role=status]");
const SWITCH = "wenyuan.character";
const KEYS = "wenyuan.keys";
const PATIENCE = 10_000; // milliseconds
const REST = 500; // milliseconds that a pointer rests on a character that is meant
let here = null; // the text node and the offset of the character in the card
let asked = null;
let back = null; // where the focus was before the card

function remembered(name) {
  try {
    return localStorage.getItem(name);
  } catch {
    return null; // storage is closed to us
  }
}

function remember(name, value) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // as above
  }
}

function isText(node) {
  return node?.nodeType === Node.TEXT_NODE && node.parentElement.closest(".lines") !== null && text.contains(node);
}

// The character under a point; the browser says the gap between two that is nearest.
function under(x, y) {
  const caret = document.caretPositionFromPoint?.(x, y) ?? null;
  const range = caret ? null : document.caretRangeFromPoint?.(x, y);
  const node = caret?.offsetNode ?? range?.startContainer;
  if (!isText(node)) return null;
  const offset = caret?.offset ?? range.startOffset;
  for (const start of [offset, offset - 1, offset - 2]) {
    const place = whole(node, start);
    if (!place) continue;
    for (const box of rangeOf(place).getClientRects()) {
      if (x >= box.left && x <= box.right && y >= box.top && y <= box.bottom) return place;
    }
  }
  return null;
}

// The place of a whole character that begins at an offset; null where none does.
function whole(node, start) {
  if (start < 0 || start >= node.data.length) return null;
  const code = node.data.codePointAt(start);
  const inside = code >= 0xdc00 && code < 0xe000;
  return inside || !String.fromCodePoint(code).trim() ? null : { node, start };
}

function characterAt({ node, start }) {
  return String.fromCodePoint(node.data.codePointAt(start));
}

function rangeOf(place) {
  const range = document.createRange();
  range.setStart(place.node, place.start);
  range.setEnd(place.node, place.start + characterAt(place).length);
  return range;
}

// The next character of the text, or the one before.
function beside(place, by) {
  const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
  walker.currentNode = place.node;
  let { node, start } = place;
  for (start += by; node; ) {
    const { length } = node.data ?? "";
    for (; start >= 0 && start < length; start += by) {
      if (isText(node) && whole(node, start)) return { node, start };
    }
    node = by > 0 ? walker.nextNode() : walker.previousNode();
    start = node && by < 0 ? node.data.length - 1 : 0; // all but the first are texts
  }
  return null;
}

function firstSelected() {
  const selection = getSelection();
  if (selection.isCollapsed || !selection.rangeCount) return null;
  const { startContainer, startOffset } = selection.getRangeAt(0);
  if (isText(startContainer) && whole(startContainer, startOffset)) return { node: startContainer, start: startOffset };
  if (!text.contains(startContainer)) return null;
  const node = startContainer.nodeType === Node.TEXT_NODE ? startContainer : (startContainer.childNodes[startOffset] ?? startContainer);
  return beside({ node, start: node === startContainer && node.nodeType === Node.TEXT_NODE ? startOffset : -1 }, 1);
}

function firstInView() {
  for (const lines of text.querySelectorAll(".lines")) {
    const box = lines.getBoundingClientRect();
    if (box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth) return beside({ node: lines, start: -1 }, 1);
  }
  return null;
}

async function show(place) {
  if (!place || (here && here.node === place.node && here.start === place.start && !card.hidden)) return;
  here = place;
  mark();
  asked?.abort();
  asked = new AbortController();
  const mine = asked;
  const clock = setTimeout(() => mine.abort("late"), PATIENCE);
  const character = characterAt(place);
  const name = place.node.parentElement.closest(".gaiji")?.title ?? "";
  const query = new URLSearchParams({ work: card.dataset.work, ...(name && { name }) });
  const address = `${card.dataset.url}/${encodeURIComponent(character)}?${query}`;
  if (card.hidden) back = document.activeElement;
  card.hidden = false;
  told.textContent = card.dataset.loading.replace("{character}", character);
  try {
    const answer = await fetch(address, { signal: mine.signal });
    if (!answer.ok) throw new Error(answer.status);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (mine !== asked) return;
    body.replaceChildren(document.importNode(page.getElementById("character"), true));
    told.textContent = card.dataset.shown.replace("{character}", character);
  } catch {
    if (mine !== asked) return;
    body.replaceChildren();
    told.textContent = card.dataset.failed.replace("{character}", character);
  } finally {
    clearTimeout(clock);
  }
}

function mark() {
  if (!CSS.highlights) return; // it is named in the card all the same
  CSS.highlights.delete("character");
  if (here) CSS.highlights.set("character", new Highlight(rangeOf(here)));
}

function close() {
  const inside = card.contains(document.activeElement);
  asked?.abort();
  asked = null;
  here = null;
  mark();
  card.hidden = true;
  if (inside) (back?.isConnected ? back : text).focus({ preventScroll: true });
}

function isOn() {
  return toggle.checked;
}

if (text && toggle && card) {
  document.body.append(card);
  toggle.closest("[hidden]").hidden = false;
  document.getElementById("character-scriptless").hidden = true;
  toggle.checked = remembered(SWITCH) === "on";
  text.classList.toggle("asks-characters", isOn());
  toggle.addEventListener("change", () => {
    remember(SWITCH, isOn() ? "on" : "off");
    text.classList.toggle("asks-characters", isOn());
    if (!isOn()) close();
  });
  text.addEventListener("click", (event) => {
    if (isOn() && getSelection().isCollapsed && !event.target.closest("a, button, summary")) show(under(event.clientX, event.clientY));
  });
  let rest = 0;
  text.addEventListener("pointermove", (event) => {
    clearTimeout(rest);
    if (!isOn() || event.pointerType !== "mouse" || event.buttons || card.contains(document.activeElement)) return;
    rest = setTimeout(() => getSelection().isCollapsed && show(under(event.clientX, event.clientY)), REST);
  });
  text.addEventListener("pointerleave", () => clearTimeout(rest));
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape" && !card.hidden) return close();
    if (event.target.closest("input, select, textarea") || remembered(KEYS) === "off" || event.key !== "c") return;
    const place = firstSelected() ?? (isOn() ? firstInView() : null);
    if (!place) return;
    event.preventDefault();
    show(place);
    card.focus();
  });
  card.addEventListener("click", (event) => {
    const { step } = event.target.closest("[data-step]")?.dataset ?? {};
    if (step && here) {
      const next = beside(here, Number(step));
      if (next) rangeOf(next).startContainer.parentElement.scrollIntoView({ block: "nearest", inline: "nearest" });
      show(next);
    }
    if (event.target.closest("[data-close]")) close();
  });
}
