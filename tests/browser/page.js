// What check.py asks of a page. Each function returns a list of complaints.
(function () {
  const visible = element => element.checkVisibility({ contentVisibilityAuto: false, visibilityProperty: true });

  function rgb(text) {
    const parts = text.match(/[\d.]+/g).map(Number);
    return { r: parts[0], g: parts[1], b: parts[2], a: parts.length > 3 ? parts[3] : 1 };
  }
  function over(top, under) {
    const mix = key => top[key] * top.a + under[key] * (1 - top.a);
    return { r: mix('r'), g: mix('g'), b: mix('b'), a: 1 };
  }
  function light(colour) {
    const part = value => {
      const v = value / 255;
      return v <= 0.04045 ? v / 12.92 : Math.pow((v + 0.055) / 1.055, 2.4);
    };
    return 0.2126 * part(colour.r) + 0.7152 * part(colour.g) + 0.0722 * part(colour.b);
  }
  function ground(element) {
    const layers = [];
    for (let e = element; e; e = e.parentElement) {
      const colour = rgb(getComputedStyle(e).backgroundColor);
      if (colour.a > 0) { layers.push(colour); }
      if (colour.a === 1) { break; }
    }
    return layers.reverse().reduce((under, top) => over(top, under), { r: 255, g: 255, b: 255, a: 1 });
  }
  function contrast(element) {
    const style = getComputedStyle(element), under = ground(element);
    const ink = over(rgb(style.color), under), a = light(ink), b = light(under);
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }

  window.facts = {
    openAll() {
      document.querySelectorAll('details').forEach(fold => { fold.open = true; });
    },

    contrast() {
      const seen = new Set(), bad = [];
      document.querySelectorAll('body *').forEach(element => {
        const own = Array.from(element.childNodes).some(node => node.nodeType === 3 && node.data.trim() !== '');
        if (!own || element.closest('svg') || element.tagName === 'SCRIPT' || !visible(element)) { return; }
        const ratio = contrast(element);
        const kind = element.tagName + '.' + element.className + ' ' + ratio.toFixed(2);
        if (ratio < 4.5 && !seen.has(kind)) { seen.add(kind); bad.push(kind); }
      });
      return bad;
    },

    headings() {
      const bad = [];
      let last = 0;
      document.querySelectorAll('h1,h2,h3,h4,h5,h6').forEach(heading => {
        const level = Number(heading.tagName[1]);
        if (level > last + 1) { bad.push('h' + last + ' is followed by h' + level + ': ' + heading.textContent); }
        if (heading.textContent.trim() === '') { bad.push('an empty h' + level); }
        last = level;
      });
      if (document.querySelectorAll('h1').length !== 1) { bad.push('not one h1'); }
      return bad;
    },

    structure() {
      const bad = [], ids = new Set();
      ['header', 'nav', 'main', 'footer'].forEach(name => {
        if (document.querySelectorAll(name).length !== 1) { bad.push('not one ' + name); }
      });
      if (!document.documentElement.lang) { bad.push('no language'); }
      if (!document.title) { bad.push('no title'); }
      document.querySelectorAll('[id]').forEach(element => {
        if (ids.has(element.id)) { bad.push('twice: ' + element.id); }
        ids.add(element.id);
      });
      document.querySelectorAll('[aria-labelledby],[aria-describedby],label[for]').forEach(element => {
        ['aria-labelledby', 'aria-describedby', 'for'].forEach(name => {
          (element.getAttribute(name) || '').split(' ').filter(Boolean).forEach(id => {
            if (!ids.has(id)) { bad.push(name + ' to nothing: ' + id); }
          });
        });
      });
      document.querySelectorAll('a[href^="#"]').forEach(link => {
        if (!ids.has(link.getAttribute('href').slice(1))) { bad.push('link to nothing: ' + link.getAttribute('href')); }
        if (link.textContent.trim() === '') { bad.push('link without words'); }
      });
      document.querySelectorAll('input,select,button').forEach(control => {
        const words = control.labels.length > 0 ? control.labels[0].textContent : control.textContent;
        if (words.trim() === '') { bad.push('control without label'); }
      });
      document.querySelectorAll('svg').forEach(picture => {
        if (picture.getAttribute('role') !== 'img' || !picture.querySelector('title')) { bad.push('picture without words'); }
      });
      document.querySelectorAll('[role=region]').forEach(region => {
        if (!region.getAttribute('aria-label') || region.tabIndex !== 0) { bad.push('region that no key reaches'); }
      });
      document.querySelectorAll('table').forEach(table => {
        if (!table.querySelector('th[scope=col]') || !table.querySelector('th[scope=row]')) { bad.push('table without headings'); }
      });
      Array.from(document.querySelectorAll('.v')).slice(0, 200).forEach(badge => {
        if (!/[a-z]{4}/.test(badge.textContent)) { bad.push('verdict without word'); }
        if (getComputedStyle(badge, '::before').maskImage === 'none') { bad.push('verdict without sign'); }
      });
      return bad;
    },

    diagrams() {
      return Array.from(document.querySelectorAll('svg')).filter(picture => visible(picture) &&
        (picture.getBoundingClientRect().width < 100 || picture.getBoundingClientRect().height < 50)).map(p => p.outerHTML);
    },

    filter(words, section, verdicts) {
      const form = document.getElementById('filter');
      form.querySelector('#words').value = words;
      form.querySelector('#section').value = section;
      form.querySelectorAll('input[type=checkbox]').forEach(box => { box.checked = verdicts.includes(box.value); });
      form.dispatchEvent(new Event('input'));
      return new Promise(done => setTimeout(() => done(Array.from(document.querySelectorAll('details.case')).filter(
        fold => visible(fold)).map(fold => fold.dataset.v + ' ' + fold.querySelector('h4 code').textContent)), 400));
    },
  };
}());
