// What the console adds to plain pages. Every page works without it.

// The page's policy loads no style that a script writes; the one of htmx is of no use here.
if (window.htmx) htmx.config.includeIndicatorStyles = false;

// "/" goes to the search box, from anywhere but a field that is being typed in.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const box = document.getElementById("find");
  if (!box) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  box.focus();
  box.select();
}, true);

// A link with a key is followed by that key: "c" to the calendar, arrows through its days.
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
  if (event.target.closest("input, textarea, select, [contenteditable], [role=menu]")) return;
  const link = document.querySelector(`a[data-key="${CSS.escape(event.key)}"]`);
  if (!link) return;
  event.preventDefault();
  link.click();
});

// A form that is on its way is not sent a second time.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (!form.matches("form[data-once]")) return;
  if (form.dataset.sent) {
    event.preventDefault();
    return;
  }
  form.dataset.sent = "1";
  form.setAttribute("aria-busy", "true");
});
// Coming back by the browser's own button, the page is as it was: let it be sent again.
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.removeAttribute("aria-busy");
  }
});

// Choosing a service, a person or a day shows the times at once, as its button would.
document.addEventListener("change", (event) => {
  const field = event.target.closest("[data-asks]");
  const button = field && document.getElementById(field.dataset.asks);
  if (button) button.form.requestSubmit(button);
});

// Who takes a time that is offered does not mean another minute any more.
document.addEventListener("change", (event) => {
  const other = event.target.matches("input[name=start]") && event.target.form.elements.other_time;
  if (other) other.value = "";
});

// Choosing a reason from the short list puts it into the field, where it can be changed.
document.addEventListener("click", (event) => {
  const suggestion = event.target.closest("[data-fills]");
  if (!suggestion) return;
  const field = document.getElementById(suggestion.dataset.fills);
  field.value = suggestion.dataset.value;
  field.focus();
});

// On a phone the filters of a list are folded away until they are wanted.
document.addEventListener("DOMContentLoaded", () => {
  if (!window.matchMedia("(max-width: 47.99rem)").matches) return;
  for (const part of document.querySelectorAll("details[data-narrow-closed]")) {
    if (part.dataset.narrowClosed !== "active") part.open = false;
  }
});

// The page is hidden until Alpine has begun, and what is hidden cannot take the focus.
document.addEventListener("alpine:initialized", () => setTimeout(() => {
  const field = document.querySelector("[autofocus]");
  if (field && (document.activeElement === document.body || !document.activeElement)) field.focus();
}, 0));
