/* The script of the HTML report. It only adds a filter, and opens the folds around what a link leads to where a browser
 * does not. It has neither < nor &, so that it is the same text in HTML and XHTML. */
#include "html.h"

static const char script[] =
    "(function () {\n"
    "  'use strict';\n"
    "  var cases = Array.from(document.querySelectorAll('details.case'));\n"
    "  var folders = Array.from(document.querySelectorAll('details.folder'));\n"
    "  var form = document.getElementById('filter');\n"
    "  function reveal() {\n"
    "    var name = location.hash.slice(1), target = null;\n"
    "    try { target = document.getElementById(decodeURIComponent(name)); } catch (problem) { return; }\n"
    "    if (!target) { return; }\n"
    "    var fold = target.closest('details');\n"
    "    if (fold) { if (fold.closest('[hidden]')) { form.reset(); show(); } }\n"
    "    for (; fold; fold = fold.parentElement.closest('details')) { fold.open = true; }\n"
    "    target.scrollIntoView();\n"
    "  }\n"
    "  function text(fold) {\n"
    "    if (!fold.words) {\n"
    "      fold.words = [fold.querySelector('summary').textContent, fold.dataset.s || '',\n"
    "                    fold.parentElement.querySelector('h3').textContent].join(' ').toLowerCase();\n"
    "    }\n"
    "    return fold.words;\n"
    "  }\n"
    "  function within(fold, section) {\n"
    "    return (fold.dataset.s || '').split('|').some(function (own) {\n"
    "      return own === section ? true : own.startsWith(section + '.');\n"
    "    });\n"
    "  }\n"
    "  function show() {\n"
    "    var words = form.querySelector('#words').value.toLowerCase().split(/\\s+/).filter(Boolean);\n"
    "    var section = form.querySelector('#section').value;\n"
    "    var verdicts = Array.from(form.querySelectorAll('input:checked'), function (box) { return box.value; });\n"
    "    var active = words.length + section.length + verdicts.length > 0, total = 0;\n"
    "    cases.forEach(function (fold) {\n"
    "      var wanted = verdicts.length === 0 ? true : verdicts.includes(fold.dataset.v);\n"
    "      if (wanted) { wanted = section === '' ? true : within(fold, section); }\n"
    "      if (wanted) { wanted = words.every(function (word) { return text(fold).includes(word); }); }\n"
    "      fold.hidden = !wanted;\n"
    "      total += wanted ? 1 : 0;\n"
    "    });\n"
    "    folders.forEach(function (folder) {\n"
    "      var count = folder.querySelectorAll('details.case:not([hidden])').length;\n"
    "      folder.hidden = count === 0;\n"
    "      folder.querySelector('.matches').textContent = active ? count + ' shown' : '';\n"
    "      if (active) { folder.dataset.was = folder.dataset.was || String(folder.open); folder.open = true; }\n"
    "      else if (folder.dataset.was) { folder.open = folder.dataset.was === 'true'; delete folder.dataset.was; }\n"
    "    });\n"
    "    form.querySelector('#shown').textContent = active ? total + ' of ' + cases.length + ' cases' : '';\n"
    "  }\n"
    "  if (form) {\n"
    "    var timer = 0;\n"
    "    form.addEventListener('input', function () { clearTimeout(timer); timer = setTimeout(show, 120); });\n"
    "    form.addEventListener('reset', function () { setTimeout(show, 0); });\n"
    "    form.addEventListener('submit', function (event) { event.preventDefault(); show(); });\n"
    "    form.hidden = false;\n"
    "  }\n"
    "  addEventListener('hashchange', reveal);\n"
    "  if (location.hash) { reveal(); }\n"
    "}());\n";

const char *html_script(void) {
    return script;
}

/* tests/html.sh says what it must be after a change. */
const char *html_script_hash(void) {
    return "SXwVWjXRWU6Tnip58kAOdFcA3hrCZICLd5Jyk6TmVdY=";
}
