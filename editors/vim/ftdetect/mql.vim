autocmd BufRead,BufNewFile *.mql setfiletype mql
