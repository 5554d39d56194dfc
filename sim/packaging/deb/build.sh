#!/bin/sh
# Debian packages of what `make install` installs: stanzadrill, and librouter-dev with the routing library. Lintian has
# the last word: an error of its fails the build. Variables: BUILD, VERSION, MAKE, and SOURCE_DATE_EPOCH (seconds).
set -eu
LC_ALL=C
export LC_ALL
here=$(cd "$(dirname "$0")" && pwd)
out=$BUILD/deb
rm -rf "$out"
mkdir -p "$out"
out=$(cd "$out" && pwd)
: "${SOURCE_DATE_EPOCH:=$(date -u -d "$(sed -n 's/^ -- .*>  //p' "$here/changelog")" +%s)}"
export SOURCE_DATE_EPOCH
arch=$(dpkg --print-architecture)

"$MAKE" --no-print-directory -s DESTDIR="$out/all" PREFIX=/usr install

# one PACKAGE PATH...: moves what it is made of
stage() {
    root=$out/$1
    shift
    for path; do
        mkdir -p "$root/$(dirname "$path")"
        mv "$out/all/$path" "$root/$path"
    done
}

documents() { # what every package says about itself
    doc=$out/$1/usr/share/doc/$1
    mkdir -p "$doc"
    install -m 644 "$here/copyright" "$doc/copyright"
    gzip -9n <"$here/changelog" >"$doc/changelog.gz"
    chmod 644 "$doc/changelog.gz"
}

pack() {
    root=$out/$1
    find "$root" -type d -exec chmod 755 {} +
    mkdir -p "$root/DEBIAN"
    (cd "$root" && find usr -type f -exec md5sum {} + | sort -k 2) >"$root/DEBIAN/md5sums"
    size=$(du -k -s --apparent-size "$root/usr" | cut -f 1)
    sed -e "s/@VERSION@/$VERSION/" -e "s/@ARCH@/$arch/" -e "s/@SIZE@/$size/" -e "s/@DEPENDS@/$2/" \
        "$here/$1.control" >"$root/DEBIAN/control"
    dpkg-deb --build --root-owner-group "$root" "$out/$1_${VERSION}_$arch.deb" >/dev/null
}

# Libraries stand in a folder of their architecture.
lib=usr/lib/$(dpkg-architecture -q DEB_HOST_MULTIARCH)
mkdir -p "$out/all/$lib/pkgconfig"
mv "$out/all/usr/lib/librouter.a" "$out/all/$lib/librouter.a"
sed "s|^libdir=.*|libdir=/$lib|" "$out/all/usr/lib/pkgconfig/librouter.pc" >"$out/all/$lib/pkgconfig/librouter.pc"
stage librouter-dev "$lib/librouter.a" "$lib/pkgconfig/librouter.pc" usr/include/router.h
mkdir -p "$out/all/usr/share/zsh/vendor-completions"
mv "$out/all/usr/share/zsh/site-functions/_stanzadrill" "$out/all/usr/share/zsh/vendor-completions/_stanzadrill"
stage stanzadrill usr/bin usr/share
strip --remove-section=.comment --remove-section=.note "$out/stanzadrill/usr/bin/stanzadrill"
strip --strip-debug "$out/librouter-dev/$lib/librouter.a"
gzip -9n "$out"/stanzadrill/usr/share/man/man1/*.1
documents stanzadrill
documents librouter-dev

# Which libraries the program needs, and in which versions, the linker knows best.
mkdir -p "$out/work/debian"
printf 'Source: stanzadrill\n\nPackage: stanzadrill\nArchitecture: any\n' >"$out/work/debian/control"
depends=$(cd "$out/work" && dpkg-shlibdeps -O "$out/stanzadrill/usr/bin/stanzadrill" 2>/dev/null |
    sed -n 's/^shlibs:Depends=//p')
[ -n "$depends" ] || { echo 'make deb: the libraries that the program needs belong to no package' >&2; exit 1; }
pack stanzadrill "$depends"
pack librouter-dev 'libexpat1-dev, libidn-dev'
rm -rf "$out/work" "$out/all" "$out/stanzadrill" "$out/librouter-dev"

lintian --no-cfg --allow-root --fail-on error "$out"/*.deb
ls "$out"/*.deb | sed "s|^$(pwd)/||"
