const form = document.querySelector('#filter');
const input = document.querySelector('#filter-text');
const output = document.querySelector('#filter-count');
const all = [...document.querySelectorAll('.finding')].map((element) => ({
  element,
  text: element.textContent.toLowerCase(),
}));
const show = () => {
  const wanted = input.value.trim().toLowerCase();
  let shown = 0;
  for (const { element, text } of all) {
    element.hidden = !text.includes(wanted);
    if (!element.hidden) shown += 1;
  }
  output.value = wanted === '' ? '' : `${shown} of ${all.length} findings, drift and waivers included`;
};
form.addEventListener('submit', (event) => event.preventDefault());
input.addEventListener('input', show);
form.hidden = all.length < 2;
// what is folded would not be printed
let folded = [];
addEventListener('beforeprint', () => {
  folded = [...document.querySelectorAll('details:not([open])')];
  for (const element of folded) element.open = true;
});
addEventListener('afterprint', () => {
  for (const element of folded) element.open = false;
});
