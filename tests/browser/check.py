"""Facts about the HTML report in a browser: check.py SOME.html ALL.html [FOLDER_FOR_PICTURES]. A line each."""
import os
import sys

import browser as chromium

HERE = os.path.dirname(os.path.abspath(__file__))
ALL_VERDICTS = ["error", "fail", "xpass", "xfail", "non-strict", "pass"]


def fact(name, complaints):
    """Holds where there is nothing to complain about."""
    if isinstance(complaints, bool):
        complaints = [] if complaints else ["it is not so"]
    print(("FAIL " if complaints else "PASS ") + name, flush=True)
    for text in complaints[:10]:
        print("  " + text[:600])


class Report:
    def __init__(self, browser, path, **look):
        self.page = chromium.Page(browser, **look)
        self.url = "file://" + os.path.abspath(path)

    def open(self, fragment=""):
        self.page.open(self.url + fragment)
        with open(os.path.join(HERE, "page.js")) as script:
            self.page.run(script.read())
        return self

    def ask(self, call):
        return self.page.run("facts." + call)

    def number(self, expression):
        return self.page.run(expression)


def looks(browser, path, pictures):
    """What holds at each width, in light and dark."""
    for name, look in (("desktop", {}), ("desktop, dark", {"dark": True}), ("phone", {"width": 360, "height": 740}),
                       ("phone, dark", {"width": 360, "height": 740, "dark": True})):
        report = Report(browser, path, **look).open()
        if pictures:
            report.page.picture(os.path.join(pictures, name.replace(", ", "-") + ".png"))
        report.ask("openAll()")
        fact(name + ": the page does not scroll sideways",
             report.number("document.documentElement.scrollWidth <= innerWidth"))
        fact(name + ": contrast of text is 4.5 or more", report.ask("contrast()"))
        fact(name + ": diagrams have a size", report.ask("diagrams()"))
        fact(name + ": there are diagrams", report.number("document.querySelectorAll('svg').length > 5"))
        dark = report.number("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).map(Number)")
        fact(name + ": the ground is " + ("dark" if look.get("dark") else "light"),
             (sum(dark) < 150) == bool(look.get("dark")))
        fact(name + ": no word in the console", report.page.complaints())
        if pictures:
            report.page.picture(os.path.join(pictures, name.replace(", ", "-") + "-open.png"), 6000)
        report.page.close()


def hostile(report):
    fact("a hostile title is text",
         report.number("Array.from(document.querySelectorAll('h4')).some(h => h.textContent.includes("
                       "'</title>]]> <script>alert(1)</script> <img src=\"x\" onerror=\"alert(2)\">'))"))
    fact("nothing of it has become an element or a handler",
         report.number("document.querySelectorAll('script').length === 1 && document.images.length === 0 && "
                       "!Array.from(document.querySelectorAll('body *')).some(e => e.getAttributeNames().some("
                       "n => n.startsWith('on')))"))
    fact("what turns the writing direction is not in the page",
         report.number("!/[\\u202a-\\u202e\\u2066-\\u2069\\ufffd]/.test(document.documentElement.textContent)"))
    fact("octets of a name that are no text are shown as such",
         report.number("document.body.textContent.includes('\\\\xff\\\\xef\\\\xbf\\\\xbe<i>')"))


def filters(report):
    every = report.ask("filter('', '', [])")
    cases = report.number("document.querySelectorAll('details.case').length")
    fact("without a filter all cases show", len(every) == cases)
    failed = report.ask("filter('', '', ['fail', 'xpass'])")
    fact("a filter by verdict shows these cases, and all of them",
         sorted(set(line.split()[0] for line in failed)) == ["fail", "xpass"] and
         len(failed) == sum(line.split()[0] in ("fail", "xpass") for line in every))
    fact("the number that shows is said", report.number("document.getElementById('shown').textContent") ==
         "%d of %d cases" % (len(failed), cases))
    fact("a filter by words looks at titles, names and folders",
         sorted(report.ask("filter('WELL two', '', [])")) == ["non-strict loose/two", "pass good/two"] and
         sorted(report.ask("filter('deep', '', [])")) == ["fail bad/two", "pass bad/one"])
    fact("a filter by section knows where one ends",
         len(report.ask("filter('', 'RFC 6121 8.5', [])")) == sum("broken" not in x and "octets" not in x for x in every))
    fact("filters add up", report.ask("filter('deep', 'RFC 6121 8.5', ['fail'])") == ["fail bad/two"])
    fact("a filter that nothing passes shows nothing", report.ask("filter('no such words', '', [])") == [])
    report.number("document.querySelector('#filter button').click()")
    fact("the button shows all again", len(report.number(
        "new Promise(done => setTimeout(() => done(Array.from(document.querySelectorAll('details.case:not([hidden])'),"
        " () => 1)), 300))")) == cases)


def links(browser, path):
    for scripts in (True, False):
        report = Report(browser, path, scripts=scripts)
        report.page.open(report.url + "#case/s/deep/bad/two")
        text = report.page.call("Page.captureSnapshot") if not scripts else None
        if scripts:
            fact("a permalink opens its case", report.number(
                "document.getElementById('case/s/deep/bad/two').checkVisibility({contentVisibilityAuto: false})"))
            report.number("location.hash = '#rule/msg.full.chat.match'")
            fact("a link to a rule opens its group", report.number(
                "new Promise(done => setTimeout(() => done(document.getElementById('rule/msg.full.chat.match')"
                ".checkVisibility()), 300))"))
        else:
            fact("without scripts there is no filter, and the report shows", text is not None and report.number(
                "document.getElementById('filter').hidden && document.querySelector('h1').checkVisibility()"))
        report.page.close()


def keyboard(report):
    """Tab reaches the link that leads past the rest, and then a fold, which a key opens."""
    report.page.key("Tab", 9)
    fact("the first stop of Tab leads to the results", report.number(
        "document.activeElement.getAttribute('href') === '#main' && document.activeElement.getBoundingClientRect().left >= 0"))
    report.number("document.querySelector('details.case summary').focus()")
    before = report.number("document.querySelector('details.case').open")
    report.page.call("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", windowsVirtualKeyCode=13, text="\r")
    report.page.call("Input.dispatchKeyEvent", type="keyUp", key="Enter", code="Enter", windowsVirtualKeyCode=13)
    fact("a key opens a fold", report.number("document.querySelector('details.case').open") != before)


def whole(browser, path):
    report = Report(browser, path).open()
    fact("the whole suite: no word in the console", report.page.complaints())
    fact("the whole suite: nothing but the file is loaded",
         [e["request"]["url"][:200] for e in report.page.seen("Network.requestWillBeSent")
          if not e["request"]["url"].startswith(("file://", "data:"))])
    fact("the whole suite: headings are in order", report.ask("headings()"))
    fact("the whole suite: landmarks, labels, ids and links are sound", report.ask("structure()"))
    fact("the whole suite: there is the table of RFC 6121 8.5.4",
         report.number("document.querySelectorAll('.grid').length > 0 && document.querySelectorAll('.grid .h2').length > 5"))
    fact("the whole suite: a rule that nothing fired stands out",
         report.number("document.querySelectorAll('tr.none').length === document.querySelectorAll('.unfired li').length"))
    report.page.close()


def main(some, everything, pictures=None):
    browser = chromium.Browser(chromium.find())
    try:
        looks(browser, some, pictures)
        report = Report(browser, some).open()
        seen = set(report.number("Array.from(document.querySelectorAll('details.case'), c => c.dataset.v)"))
        fact("the report has cases of most verdicts", [v for v in ALL_VERDICTS if v not in seen])
        fact("headings are in order", report.ask("headings()"))
        fact("landmarks, labels, ids and links are sound", report.ask("structure()"))
        hostile(report)
        keyboard(report)
        filters(report)
        fact("no word in the console after all that", report.page.complaints())
        report.page.close()
        links(browser, some)
        whole(browser, everything)
    finally:
        browser.close()


main(*sys.argv[1:])
