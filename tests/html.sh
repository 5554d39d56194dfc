#!/bin/sh
# The HTML report as an XML parser and as a browser see it. Without a browser (install-deps.sh browser) the second part is
# skipped, unless WITH_BROWSER=1 demands it.
#
#   html.sh BINARY [FOLDER]    FOLDER: where pictures of the report are left
set -u
. "$(dirname "$0")/lib.sh"
tests=$(cd "$(dirname "$0")" && pwd)
drill=$(absolute "$1")
pictures=${2:-}
workspace
cp -r "$tests/../scenarios" "$scratch/all"
cd "$scratch" || exit 1

every_verdict
mkdir -p s/deep long
two_cases s/deep/bad.scs 'One more of these fails' m2
two_cases s/hostile.scs \
    "$(printf '</title>]]> <script>alert(1)</script> <img src="x" onerror="alert(2)"> "%s" \342\200\256 gnp.exe' \
    "' onclick='alert(3)")" m2
two_cases long/title.scs "$(awk 'BEGIN { while (i++ < 60) printf "%s", "Donaudampfschifffahrt" }')" m1
printf '# \377\n' >s/octets.scs

"$drill" run --quiet --baseline baseline --format html:some.html s long >/dev/null 2>&1
"$drill" run --quiet --format html:all.html all >/dev/null 2>&1

for page in some all; do
    check "$page.html is XHTML that a parser accepts" xmllint --noout "$page.html"
    check "$page.html stays below 20 MB" test "$(wc -c <"$page.html")" -lt 20000000
done
"$drill" run --quiet --baseline baseline --format html:again.html s long >/dev/null 2>&1
same 'the same run makes the same report' some.html again.html
none 'the report holds no path of the machine' "$(grep -F "$scratch" some.html)"

# Of many cases, only those have a diagram that did not simply pass, and the first of each file; of very many files, what
# is not strict has none either.
mkdir many
two_cases many/0-loose.scs 'Cases that are not strict' m2
awk '/hosts:/ { $0 = $0 "\n\tpolicy: pres.bad-type=drop" }
    /^Juliet connects/ { $0 = $0 "\n\nRomeo sends:\n\t<presence type=\"odd\"/>" }
    /two   m2/ { while (n++ < 101) print "\tr" n "   m1"; next } { print }' many/0-loose.scs >loose && mv loose many/0-loose.scs
printf '# Somebody connects\n\n[Client] Romeo\n\tjid: romeo@verona.example\n\n---------\n\nRomeo connects\n' >many/1.scs
i=1
while [ $((i += 1)) -le 899 ]; do cp many/1.scs many/$i.scs; done
left_out() {
    "$drill" run --quiet --format html:many.html many >/dev/null 2>&1
    grep -o 'The [a-z]* [a-z]* left out' many.html | sort | uniq -c | tr -s ' '
}
none 'in a run of 900 files what is not strict has a diagram' "$(left_out)"
cp many/1.scs many/900.scs
check 'in a run of more files only the first case of a file has one' test "$(left_out)" = ' 101 The diagram is left out'

# What the policy of the page allows as a script is the script, and nothing else.
stated=$(sed -n "s/.*script-src 'sha256-\([^']*\)'.*/\1/p" some.html)
actual=$(perl -MDigest::SHA=sha256_base64 -0777 -ne 'print sha256_base64($1), "=" if m{<script>(.*?)</script>}s' some.html)
check "html_script_hash is that of the script, $actual" test "$stated" = "$actual"

if command -v python3 >/dev/null 2>&1 && python3 "$tests/browser/browser.py" >/dev/null; then
    python3 "$tests/browser/check.py" some.html all.html $pictures >facts 2>&1
    status=$?
    cat facts
    passed=$((passed + $(grep -c '^PASS ' facts))) failed=$((failed + $(grep -c '^FAIL ' facts)))
    check 'the browser came to the end' test "$status" -eq 0
elif [ -n "${WITH_BROWSER:-}" ]; then
    fail 'there is a browser (chromium) and python3'
else
    skip 'the report in a browser: no chromium and python3 here; make test WITH_BROWSER=1 installs them'
fi
finish
