// Pointing at a free stretch of the calendar says which quarter of an hour is meant; a click
// takes that one. Without this, and with the keyboard, it is the beginning of the stretch.

const QUARTER = 15 * 60 * 1000;

function pointedAt(link, event) {
  const box = link.getBoundingClientRect();
  const hours = Number(link.dataset.rows);
  const far = Math.min(Math.max((event.clientY - box.top) / box.height, 0), 0.999);
  const start = new Date(link.dataset.free).getTime();
  const moment = Math.floor((start + far * hours * 4 * QUARTER) / QUARTER) * QUARTER;
  return new Date(Math.max(moment, start));
}

function clock(link, moment) {
  // The page's own clock: what the stretch begins with, plus the time that has passed since.
  const shown = link.querySelector(".hf-time").textContent.match(/(\d+):(\d+)/);
  const begin = Number(shown[1]) * 60 + Number(shown[2]);
  const minutes = begin + (moment - new Date(link.dataset.free)) / 60000;
  const two = (number) => String(number).padStart(2, "0");
  return `${two(Math.floor(minutes / 60) % 24)}:${two(minutes % 60)}`;
}

function isGrid(link) {
  return link.closest(".hf-cal") && window.matchMedia("(min-width: 64rem)").matches;
}

document.addEventListener("mousemove", (event) => {
  const link = event.target.closest("a[data-free]");
  if (!link || !isGrid(link)) return;
  const moment = pointedAt(link, event);
  link.dataset.here = clock(link, moment);
  link.querySelector(".hf-what").dataset.here = link.dataset.here;
});

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-free]");
  if (!link || !event.detail || !isGrid(link)) return;  // detail 0: by the keyboard
  const address = new URL(link.href);
  address.searchParams.set("start", pointedAt(link, event).toISOString());
  link.href = address;
});

// A booking that is dragged to another time is asked to be moved there: its own page says what is
// free, and what the customer will hear.
let held = null;

document.addEventListener("dragstart", (event) => {
  const link = event.target.closest("a[data-move]");
  if (!link || !isGrid(link)) return;
  held = { address: link.dataset.move, into: event.clientY - link.getBoundingClientRect().top };
  event.dataTransfer.effectAllowed = "move";
});

document.addEventListener("dragover", (event) => {
  if (held && event.target.closest(".hf-cal-track")) event.preventDefault();
});

document.addEventListener("drop", (event) => {
  const track = event.target.closest(".hf-cal-track");
  if (!held || !track) return;
  event.preventDefault();
  const hours = track.closest(".hf-cal").dataset.hours.split(" ");
  const box = track.getBoundingClientRect();
  const rows = (event.clientY - held.into - box.top) / box.height * hours.length;
  const quarters = Math.min(Math.max(Math.round(rows * 4), 0), hours.length * 4 - 1);
  const wall = `${hours[Math.floor(quarters / 4)].slice(0, 2)}:${String(quarters % 4 * 15).padStart(2, "0")}`;
  const wish = { day: track.dataset.day, resource: track.dataset.resource, other_time: wall };
  window.location.assign(`${held.address}?${new URLSearchParams(wish)}`);
});

document.addEventListener("dragend", () => { held = null; });
