" Vim filetype plugin of mqlrules (*.mql).
"
" g:mql_fold    1: statements of more than one line can be folded
" g:mql_indent  how far the lines of a statement are indented (default 4, as `mqlrules fmt` does)

if exists('b:did_ftplugin')
  finish
endif
let b:did_ftplugin = 1
let s:cpo = &cpoptions
set cpoptions&vim

setlocal comments=:# commentstring=#\ %s
setlocal formatoptions-=t formatoptions+=croql
" Names may have a `-`: it belongs to the word under the cursor, too.
setlocal iskeyword+=-
setlocal expandtab
let &l:shiftwidth = get(g:, 'mql_indent', 4)
let &l:softtabstop = &l:shiftwidth

let b:undo_ftplugin = 'setlocal comments< commentstring< formatoptions< iskeyword< expandtab< shiftwidth< softtabstop<'

if get(g:, 'mql_fold', 0)
  " A line in column 1 starts a statement. Blank lines, and comments before a statement, are between two of them.
  function! MqlFold(line) abort
    let l:text = getline(a:line)
    if l:text =~# '^[^[:space:]#)]'
      return '>1'
    endif
    let l:next = nextnonblank(a:line)
    while l:next > 0 && getline(l:next) =~# '^#'
      let l:next = nextnonblank(l:next + 1)
    endwhile
    return l:text =~# '^\s*\%(#.*\)\?$' && (l:next == 0 || getline(l:next) =~# '^[^[:space:])]') ? 0 : '='
  endfunction
  setlocal foldmethod=expr foldexpr=MqlFold(v:lnum)
  let b:undo_ftplugin .= ' foldmethod< foldexpr<'
endif

let &cpoptions = s:cpo
unlet s:cpo
