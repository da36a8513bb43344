" Writes the syntax group of every character of the files named in $MQL_FILES: a JSON list of lines for each file, in
" which the groups are joined by blanks.
let s:found = []
for s:file in readfile($MQL_FILES)
  execute 'edit' fnameescape(s:file)
  let s:lines = []
  for s:line in range(1, line('$'))
    let s:groups = []
    let s:column = 1
    for s:character in split(getline(s:line), '\zs')
      " A letter may be of several characters, its marks.
      let s:group = synIDattr(synID(s:line, s:column, 1), 'name')
      call extend(s:groups, repeat([s:group], strchars(s:character)))
      let s:column += strlen(s:character)
    endfor
    call add(s:lines, join(s:groups))
  endfor
  call add(s:found, json_encode(s:lines))
endfor
call writefile(s:found, $MQL_FOUND)
qall!
