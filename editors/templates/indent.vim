" Vim indent file of mqlrules (*.mql), written by editors/word_lists.py from templates/indent.vim and the grammar.
"
" Indentation says what belongs to a statement. So a line that is already written keeps its part: one in column 1 stays
" there, and `=` only gives all others the same indentation. How a new line begins is told by what stands above it.

if exists('b:did_indent')
  finish
endif
let b:did_indent = 1

setlocal indentexpr=MqlIndent(v:lnum)
setlocal indentkeys=o,O,!^F,0)
let b:undo_indent = 'setlocal indentexpr< indentkeys<'

if exists('*MqlIndent')
  finish
endif
let s:cpo = &cpoptions
set cpoptions&vim

" What a line ends with that has to go on.
let s:goes_on = '\v%({RESERVED}|[:,(<>!=]|{ARROW})\s*$'
let s:items = '\v^%({SCORE}|{TEST})'
let s:outcome = '\v{ARROW}\_s*\S'

" A line without its strings and its comment.
function! s:Signs(line) abort
  return substitute(substitute(getline(a:line), '\v"%([^"\\]|\\.)*"', '""', 'g'), '#.*', '', '')
endfunction

function! MqlIndent(line) abort
  if getline(a:line) =~# '\S' && mode() !=# 'i'
    return indent(a:line) == 0 ? 0 : max([indent(a:line), shiftwidth()])
  endif
  let l:above = prevnonblank(a:line - 1)
  while l:above > 0 && getline(l:above) =~# '^\s*#'
    let l:above = prevnonblank(l:above - 1)
  endwhile
  let l:head = l:above
  while l:head > 0 && getline(l:head) !~# '^[^[:space:]#)]'
    let l:head -= 1
  endwhile
  if l:head == 0
    return 0
  endif
  let l:text = join(map(range(l:head, l:above), 's:Signs(v:val)'), "\n")
  let l:open = len(substitute(l:text, '[^(]', '', 'g')) - len(substitute(l:text, '[^)]', '', 'g'))
  if getline(l:head) =~# s:items
    " Items stand one below the other; what a parenthesis spans stands further in.
    if l:open > 0
      return s:Signs(l:above) =~# '(' ? indent(l:above) + shiftwidth() : indent(l:above)
    endif
    return a:line - 1 > l:above && getline(a:line - 1) =~# '^\s*$' ? 0 : shiftwidth()
  endif
  if l:open > 0 || s:Signs(l:above) =~# s:goes_on
    return shiftwidth()
  endif
  let l:wants_outcome = getline(l:head) =~# '\v^{RULE}'
  return l:wants_outcome && l:text !~# s:outcome ? shiftwidth() : 0
endfunction

let &cpoptions = s:cpo
unlet s:cpo
