" Vim syntax file for stanzadrill scenarios (*.scs). Copy syntax/ and ftdetect/ to ~/.vim.

if exists('b:current_syntax')
  finish
endif

syntax include @scsXml syntax/xml.vim
unlet! b:current_syntax

syntax match scsTag      /^## .*$/
syntax match scsComment  /^\%(#\%( .*\)\?$\|\/\/.*$\|--\%([^-].*\)\?$\)/ contains=@Spell
syntax match scsRuler    /^---\+\s*$/
syntax match scsSection  /^\[\%(Client\|Account\|Server\|Peer\|Component\|Link\|Cases\)\].*$/ contains=scsKind
syntax match scsKind     /^\[[A-Za-z]\+\]/ contained
syntax match scsProperty /^\s\+\%(jid\|resource\|latency\|jitter\|password\|connect_host\|connect_port\|contact\|offline\|exists\|hosts\|profile\|policy\|domain\|also\|server\|dns\|connect\|stream\|auth\|dialback\):/
syntax match scsVerb     /\<\%(connects\|disconnects\|vanishes\|crashes\|starts\)$/
syntax match scsVerb     /\<sends\%( raw\)\?:\?$/
syntax match scsVerb     /\<receives\%( in any order\| one of\)\?:\?$/
syntax match scsNothing  /\<receives: nothing$/
syntax match scsNothing  /^\s\+nothing$/
syntax match scsVerb     /\<\%(closes: \S\+\|is refused: \S\+\|decides:\)$/
syntax match scsFault    /^\%(network \%(cuts\|stalls\|heals\)\|DNS \%(loses\|finds\)\|time passes:\).*$/
syntax match scsFate     /^\s\+\%(deliver\|route\|hand\|store\|bounce\|answer\|push\|drop\|close\|handle\)\>\%( .*\)\?$/ contains=scsRule,scsVariable
syntax match scsRule     /\<by \S\+$/ contained
syntax match scsVariable /\${[^}]*}\+/ containedin=ALLBUT,scsComment,scsTag
syntax match scsVariable /{\%(scansion:\%(any\|capture:[^}]*\)\|octet:\x\x\)}/ containedin=ALLBUT,scsComment,scsTag
syntax region scsXmlBlock start=/^\s\+</ end=/^\S\@=/me=s-1 contains=@scsXml,scsVariable keepend

highlight default link scsTag      PreProc
highlight default link scsComment  Comment
highlight default link scsRuler    Delimiter
highlight default link scsSection  Identifier
highlight default link scsKind     Type
highlight default link scsProperty Label
highlight default link scsVerb     Statement
highlight default link scsNothing  Statement
highlight default link scsFault    Exception
highlight default link scsFate     Constant
highlight default link scsRule     Function
highlight default link scsVariable Special

let b:current_syntax = 'stanzadrill'
