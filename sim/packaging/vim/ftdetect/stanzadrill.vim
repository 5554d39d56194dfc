autocmd BufRead,BufNewFile *.scs setfiletype stanzadrill
