"use strict";

// Everything works without this file. It suggests how what is typed in a search box may go on: a combobox with a list,
// after https://www.w3.org/WAI/ARIA/apg/patterns/combobox/. Nothing is asked for while an input method composes.

(() => {
  const WAIT = 150; // milliseconds after the last key
  const told = document.getElementById("suggesting");
  if (!told) return;

  for (const input of document.querySelectorAll("input#q, input#quick")) suggest(input);

  function suggest(input) {
    const list = document.createElement("ul");
    list.id = `${input.id}-suggestions`;
    list.className = "suggestions";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", told.dataset.label);
    list.lang = "zh";
    list.hidden = true;
    input.form.append(list); // in the landmark that the box is in
    for (const [name, value] of Object.entries({
      role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": list.id,
    })) input.setAttribute(name, value);
    let timer = 0;
    let asked = new AbortController();
    let at = -1;

    function close() {
      clearTimeout(timer);
      asked.abort();
      list.hidden = true;
      at = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    }

    function open(found) {
      list.replaceChildren(...found.map((words, number) => {
        const option = document.createElement("li");
        option.id = `${list.id}-${number}`;
        option.setAttribute("role", "option");
        option.setAttribute("aria-selected", "false");
        option.textContent = words;
        return option;
      }));
      if (!found.length) return close();
      const { left, bottom, width } = input.getBoundingClientRect();
      const room = Math.max(innerHeight - bottom - 8, 96);
      Object.assign(list.style, { left: `${left}px`, top: `${bottom}px`, width: `${width}px`, maxHeight: `min(60vh, ${room}px)` });
      at = -1;
      list.hidden = false;
      input.setAttribute("aria-expanded", "true");
      input.removeAttribute("aria-activedescendant");
      told.textContent = told.dataset.told.replace("{n}", found.length);
    }

    async function ask() {
      const q = input.value.trim();
      if (!q) return close();
      asked.abort();
      asked = new AbortController();
      try {
        const answer = await fetch(`${told.dataset.url}?${new URLSearchParams({ q })}`, { signal: asked.signal });
        if (!answer.ok) return close();
        const { suggestions } = await answer.json();
        if (input.value.trim() === q && document.activeElement === input) open(suggestions);
      } catch {
        // what was asked before is not waited for; without an answer there is nothing to suggest
      }
    }

    function choose(option) {
      input.value = option.textContent;
      close();
      input.form.requestSubmit();
    }

    function mark(number) {
      const options = [...list.children];
      at = (number + options.length + 1) % (options.length + 1); // the last one is what was typed itself
      for (const [each, option] of options.entries()) option.setAttribute("aria-selected", String(each === at));
      if (at < options.length) {
        input.setAttribute("aria-activedescendant", options[at].id);
        options[at].scrollIntoView({ block: "nearest" });
      } else {
        at = -1;
        input.removeAttribute("aria-activedescendant");
      }
    }

    function later() {
      clearTimeout(timer);
      timer = setTimeout(ask, WAIT);
    }

    input.addEventListener("input", (event) => { if (!event.isComposing) later(); });
    input.addEventListener("compositionend", later);
    input.addEventListener("blur", close);
    addEventListener("scroll", close, { passive: true });
    list.addEventListener("pointerdown", (event) => event.preventDefault()); // the box keeps the focus
    list.addEventListener("click", (event) => {
      const option = event.target.closest("[role=option]");
      if (option) choose(option);
    });
    input.addEventListener("keydown", (event) => {
      if (event.isComposing || list.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "ArrowDown") mark(at + 1);
      else if (event.key === "ArrowUp") mark(at < 0 ? list.children.length - 1 : at - 1);
      else if (event.key === "Escape") close();
      else if (event.key === "Enter" && at >= 0) choose(list.children[at]);
      else return;
      event.preventDefault();
      event.stopPropagation(); // Escape closes the list, and leaves the box only the second time
    });
  }
})();
