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

if (bar) {
  const choice = bar.elements.range;
  const own = document.createElement("option");
  let chosen = [...choice.options].some((each) => each.defaultSelected);
  bar.querySelector(".by-script").hidden = false;
  choice.addEventListener("change", () => { chosen = true; });
  document.querySelector(".reading article").addEventListener("selected", ({ detail: part }) => {
    if (!part) return; // what was selected stays in the form: pressing its button ends the selection
    const words = part.text.replace(/\s+/g, "");
    if (part.end - part.start > Number(bar.dataset.most)) {
      return say(bar.dataset.tooLong.replace("{n}", bar.dataset.most), true);
    }
    own.value = `${part.start}-${part.end}`;
    own.textContent = bar.dataset.selected
      .replace("{n}", part.end - part.start)
      .replace("{words}", words.length > 16 ? `${words.slice(0, 8)}…${words.slice(-6)}` : words);
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
