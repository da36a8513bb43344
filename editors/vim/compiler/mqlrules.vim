" Vim compiler file: after `:compiler mqlrules`, `:make` checks the rules in the folder of the file.
"
" g:mqlrules_command  what `:make` runs on the folder: 'mqlrules check' (the default) or 'mqlrules lint'

if exists('current_compiler')
  finish
endif
let current_compiler = 'mqlrules'

if exists(':CompilerSet') != 2
  command -nargs=* CompilerSet setlocal <args>
endif
let s:cpo = &cpoptions
set cpoptions&vim

execute 'CompilerSet makeprg=' . escape(get(g:, 'mqlrules_command', 'mqlrules check'), ' \|"') . '\ %:h:S'

" The code is a part of the message; the source line and its carets are not.
CompilerSet errorformat=
      \%E%\\%%(error[%\\)%\\@=%m,
      \%W%\\%%(warning[%\\)%\\@=%m,
      \%N%\\%%(hint[%\\)%\\@=%m,
      \%C\ %#-->\ %f:%l:%v,
      \%C\ %#=\ %m,
      \%-C\ %#%[0-9]%#\ %#\|%.%#,
      \%C\ %\\+%m,
      \%-Z%$,
      \%+Gmqlrules:\ %m,
      \%-G%.%#

let &cpoptions = s:cpo
unlet s:cpo
