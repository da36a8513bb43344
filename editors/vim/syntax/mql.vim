" Vim syntax file of mqlrules (*.mql), written by editors/word_lists.py from templates/syntax.vim and the grammar.
"
" A word is a keyword only where it can be nothing else, so the groups follow the statements. Each statement ends with
" the next line that has a sign in column 1, whatever is left open in it (keepend). Of items that match at one place
" Vim takes the one defined last: words come before keywords.

if exists('b:current_syntax')
  finish
endif
let s:cpo = &cpoptions
set cpoptions&vim

syntax case match
syntax iskeyword @,48-57,_,192-255
syntax spell notoplevel

syntax match mqlComment /#.*/ contains=@Spell

" -- values -----------------------------------------------------------------------------------------------------------

syntax match mqlError /"[^"]*$/ contained
syntax match mqlString /\v"%([^"\\\r\n]|\\[^\r\n])*"/ contained contains=mqlEscape,@Spell
syntax match mqlEscape /\\["\\nt]/ contained
syntax match mqlNumber /\v<[0-9]+%(\.[0-9]+)?%(\k|[.])@!/ contained
syntax match mqlNumber /\v[+\-][0-9]+%(\.[0-9]+)?%(\k|[.])@!/ contained
syntax match mqlDuration /\v<[0-9]+%(\.[0-9]+)?%(us|ms|s|m|h|d|w)%(\k|-)@!/ contained
syntax match mqlDate /\v<%([0-9]{4}-[0-9]{2}-[0-9]{2}[Tt][0-9]{2}:[0-9]{2}%(:[0-9]{2}%(\.[0-9]{1,6})?)?%([Zz]|[+\-][0-9]{2}:?[0-9]{2})%(\k|[:.-])@!|[0-9]{4}-[0-9]{2}-[0-9]{2}%(\k|[:.-])@!|[0-9]{1,2}:[0-9]{2}%(:[0-9]{2})?%(\k|[:.-])@!)/ contained
syntax match mqlBoolean /\v<true%(\k|-)@!|<false%(\k|-)@!/ contained
syntax cluster mqlValue contains=mqlComment,mqlError,mqlString,mqlNumber,mqlDuration,mqlDate

syntax match mqlOperator /\v\=\>@!|!\=|\>\=|\<\=|\>|\<\=@!/ contained
syntax match mqlPunctuation /[(),:]/ contained

" -- paths: names of properties, joined by dots ------------------------------------------------------------------------

syntax match mqlProperty /\v%([0-9]@!\k)%(\k|-\>@!)*|"%([^"\\\r\n]|\\[^\r\n])*"/ contained nextgroup=mqlDot skipwhite skipempty
syntax match mqlDot /\v\./ contained nextgroup=mqlProperty skipwhite skipempty

" -- events and predicates ---------------------------------------------------------------------------------------------

syntax match mqlEvent /\v%([0-9]@!\k)%(\k|-\>@!)*|"%([^"\\\r\n]|\\[^\r\n])*"/ contained
syntax match mqlReserved /\v\c%(and|or|not|no|then|within|since|after|before|during|where)%(\k|-)@!/ contained
syntax region mqlWhere contained matchgroup=mqlKeyword start=/\v<where%(\k|-)@!/ matchgroup=mqlPunctuation end=/)/
      \ contains=mqlComment,mqlPredicate
syntax cluster mqlPhrase contains=mqlComment,mqlError,mqlEvent,mqlReserved,mqlWhere

syntax match mqlOr /\v<or%(\k|-)@!/ contained
syntax cluster mqlPattern contains=@mqlPhrase,mqlOr,mqlPatternParens
syntax region mqlPatternParens contained matchgroup=mqlPunctuation start=/(/ end=/)/ contains=@mqlPattern

syntax region mqlPredicate contained matchgroup=mqlPunctuation start=/(/ matchgroup=NONE end=/)\@=/
      \ contains=@mqlPredicates
syntax region mqlPredicateParens contained matchgroup=mqlPunctuation start=/(/ end=/)/ contains=@mqlPredicates
syntax region mqlPropertyTest contained matchgroup=mqlProperty start=/\v%([0-9]@!\k)%(\k|-\>@!)*|"%([^"\\\r\n]|\\[^\r\n])*"/
      \ matchgroup=NONE end=/\v%(\)|<and%(\k|-)@!|<or%(\k|-)@!)@=/ contains=@mqlTests
syntax match mqlConnective /\v<and%(\k|-)@!|<or%(\k|-)@!|<not%(\k|-)@!/ contained
syntax cluster mqlPredicates contains=mqlComment,mqlPredicateParens,mqlPropertyTest,mqlConnective

syntax match mqlTest /\v<contains%(\k|-)@!|<starts\_s+with%(\k|-)@!|<ends\_s+with%(\k|-)@!|<matches%(\k|-)@!|<is\_s+known%(\k|-)@!|<is\_s+missing%(\k|-)@!|<ignoring\_s+case%(\k|-)@!/ contained
syntax region mqlIn contained matchgroup=mqlKeyword start=/\v<in%(\k|-)@!/ matchgroup=NONE
      \ end=/\v%(\)|,|\=\>|%(and|or|not|no|then|within|since|after|before|during|where)%(\k|-)@!|<older\_s+than%(\k|-)@!\_s*[0-9]|<with\_s+same%(\k|-)@!)@=/
      \ contains=mqlComment,mqlError,mqlListName,mqlIgnoring,mqlInParens
syntax match mqlListName /\v%([0-9]@!\k)%(\k|-\>@!)*/ contained
syntax match mqlIgnoring /\v<ignoring\_s+case%(\k|-)@!/ contained
syntax region mqlInParens contained matchgroup=mqlPunctuation start=/(/ end=/)/
      \ contains=@mqlValue,mqlBoolean,mqlPunctuation
syntax cluster mqlTests contains=@mqlValue,mqlDot,mqlTest,mqlIn,mqlOperator,mqlBoolean

" -- conditions --------------------------------------------------------------------------------------------------------

syntax match mqlRestriction /\v<within%(\k|-)@!|<since%(\k|-)@!|<after%(\k|-)@!|<before%(\k|-)@!|<older\_s+than%(\k|-)@!%(\_s*[0-9])@=/ contained
syntax region mqlDuring contained matchgroup=mqlKeyword start=/\v<during%(\k|-)@!/ matchgroup=NONE
      \ end=/\v%(<to%(\k|-)@!)@!%([^[:space:]#0-9])@=/ contains=mqlComment,mqlDate,mqlTo
syntax match mqlTo /\v<to%(\k|-)@!/ contained

syntax match mqlConditionWord /\v<and%(\k|-)@!|<or%(\k|-)@!|<not%(\k|-)@!|<no%(\k|-)@!|<then%(\k|-)@!|<for%(\_s+[0-9])@=/ contained
syntax match mqlWithSame /\v<with\_s+same%(\k|-)@!/ contained nextgroup=mqlProperty skipwhite skipempty
" The older of Vim's two engines is six times as fast at the end of this one.
syntax region mqlTrait contained matchgroup=mqlKeyword start=/\v<lead%(\_s*\.)@=/ matchgroup=NONE
      \ end=/\%#=1\v%([.]@1<!%(\)|,|\=\>|%(and|or|not|no|then|within|since|after|before|during|where)%(\k|-)@!|<older\_s+than%(\k|-)@!\_s*[0-9]|<with\_s+same%(\k|-)@!))@=/ contains=@mqlTests
syntax match mqlFunction /\v<sum%(\_s*\()@=|<avg%(\_s*\()@=|<median%(\_s*\()@=|<min%(\_s*\()@=|<max%(\_s*\()@=|<first%(\_s*\()@=|<last%(\_s*\()@=|<distinct%(\_s*\()@=/ contained
      \ nextgroup=mqlAggregate skipwhite skipempty
syntax match mqlFunction /\v<days%(\_s*\()@=/ contained
syntax region mqlAggregate contained matchgroup=mqlPunctuation start=/(/ end=/)/ contains=mqlComment,mqlProperty,mqlOf
syntax region mqlOf contained matchgroup=mqlKeyword start=/\v%([(.]\_s*)@<!<of%(\k|-)@!/ matchgroup=NONE end=/)\@=/
      \ contains=@mqlPattern
syntax match mqlComparison /\v\=\>@!|!\=|\>\=|\<\=|\>|\<\=@!/ contained
      \ nextgroup=mqlString,mqlBoolean,mqlCount skipwhite skipempty
syntax match mqlCount /\v[0-9]+%(\.[0-9]+)?%(\k|[.])@!-@!/ contained nextgroup=mqlTimes skipwhite skipempty
syntax match mqlTimes /\v<times%(\k|-)@!/ contained
syntax cluster mqlCondition contains=@mqlPhrase,mqlPunctuation,mqlNumber,mqlDuration,mqlDate,mqlConditionWord,
      \mqlRestriction,mqlDuring,mqlWithSame,mqlTrait,mqlFunction,mqlComparison

" -- rules -------------------------------------------------------------------------------------------------------------

syntax match mqlStage /\v%([0-9]@!\k)%(\k|-\>@!)*/ contained
syntax match mqlFor /\v<for%(\_s+[0-9])@=/ contained
syntax match mqlRecycle /\v%(\=\>\_s*)@<=<recycle\_s+to%(\_s)@=/ contained
syntax region mqlConclusion contained start=/[^[:space:]#]\@=/ end=/\va@!a/ contains=@mqlCondition,mqlOutcome
syntax region mqlConclusion contained matchgroup=mqlPunctuation start=/,/ matchgroup=NONE end=/\va@!a/
      \ contains=@mqlCondition,mqlOutcome
syntax region mqlWhen contained matchgroup=mqlKeyword start=/\v<when%(\k|-)@!/ matchgroup=NONE end=/,\@=/
      \ contains=mqlComment,mqlStage,mqlFor,mqlDuration
syntax region mqlOutcome contained matchgroup=mqlOperator start=/\v\=\>/ matchgroup=NONE end=/\va@!a/
      \ contains=mqlComment,mqlStage,mqlRecycle

syntax region mqlBareRule start=/^[^[:space:]#)]\@=/ end=/\n\ze[^[:space:]#)]/ keepend
      \ contains=mqlComment,mqlConclusion,mqlWhen
syntax region mqlRule matchgroup=mqlStatement start=/\v^%ufeff?<rule%(\k|-)@!/ matchgroup=NONE end=/\n\ze[^[:space:]#)]/ keepend
      \ contains=mqlComment,mqlError,mqlRuleName,mqlString,mqlRuleBody
syntax match mqlRuleName /\v%([0-9]@!\k)%(\k|-\>@!)*/ contained
syntax region mqlRuleBody contained matchgroup=mqlPunctuation start=/\v:/ matchgroup=NONE end=/\va@!a/
      \ contains=mqlComment,mqlConclusion,mqlWhen

" -- the other statements ----------------------------------------------------------------------------------------------

syntax region mqlLifecycle matchgroup=mqlStatement start=/\v^%ufeff?<lifecycle%(\k|-)@!/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlStage,mqlOperator,mqlPunctuation

syntax region mqlTimezone matchgroup=mqlStatement start=/\v^%ufeff?<timezone%(\k|-)@!/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlError,mqlString

syntax region mqlSchema matchgroup=mqlStatement start=/\v^%ufeff?<schema%(\k|-)@!/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=@mqlPhrase,mqlSchemaLead,mqlDeclarations
syntax match mqlSchemaLead /\v%(schema\_s+)@<=<lead%(\_s*\()@=/ contained
syntax region mqlDeclarations contained matchgroup=mqlPunctuation start=/(/ end=/)/
      \ contains=mqlComment,mqlProperty,mqlDeclared,mqlPunctuation
syntax match mqlDeclared /\v:/ contained nextgroup=mqlType skipwhite skipempty
syntax match mqlType /\v%([0-9]@!\k)%(\k|-\>@!)*/ contained

syntax region mqlEventDefinition matchgroup=mqlStatement start=/\v^%ufeff?<event%(\k|-)@!/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlEventName,mqlEventBody
syntax match mqlEventName /\v%([0-9]@!\k)%(\k|-\>@!)*/ contained
syntax region mqlEventBody contained matchgroup=mqlOperator start=/\v\=/ matchgroup=NONE end=/\va@!a/
      \ contains=@mqlPattern

syntax region mqlList matchgroup=mqlStatement start=/\v^%ufeff?<list%(\k|-)@!/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlListName,mqlFrom
syntax region mqlFrom contained matchgroup=mqlKeyword start=/\v<from%(\_s*")@=/ matchgroup=NONE end=/\va@!a/
      \ contains=mqlComment,mqlError,mqlString,mqlColumn
syntax region mqlColumn contained matchgroup=mqlKeyword start=/\v<column%(\k|-)@!/ matchgroup=NONE end=/\va@!a/
      \ contains=mqlComment,mqlProperty

syntax region mqlSegment matchgroup=mqlStatement start=/\v^%ufeff?<segment%(\k|-)@!/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlError,mqlString,mqlSegmentName,mqlSegmentBody
syntax match mqlSegmentName /\v%([0-9]@!\k)%(\k|-\>@!)*/ contained
syntax region mqlSegmentBody contained matchgroup=mqlOperator start=/\v\=/ matchgroup=NONE end=/\va@!a/
      \ contains=@mqlCondition

" -- scores ------------------------------------------------------------------------------------------------------------

syntax region mqlScore matchgroup=mqlStatement start=/\v^%ufeff?<score%(\k|-)@!/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlError,mqlString,mqlScoreName,mqlScoreItem
syntax match mqlScoreName /\v%([0-9]@!\k)%(\k|-\>@!)*/ contained
syntax region mqlScoreItem contained start=/\v^\s+%([+-]|<between%(\k|-)@!)@=/
      \ end=/\v^%(\s*%([+\-][0-9]+%(\.[0-9]+)?%(\k|[.])@!\s+%(<per%(\k|-)@!|<for%(\k|-)@!|<if%(\k|-)@!)|<between%(\k|-)@!))@=/ keepend
      \ contains=mqlComment,mqlPoints,mqlBetween
syntax match mqlPoints /\v[+\-][0-9]+%(\.[0-9]+)?%(\k|[.])@!/ contained nextgroup=mqlPerLine,mqlIfLine skipwhite
syntax region mqlPerLine contained matchgroup=mqlKeyword start=/\v<per%(\k|-)@!|<for%(\k|-)@!/ matchgroup=NONE
      \ end=/\va@!a/ contains=@mqlPattern,mqlRestriction,mqlDuring,mqlAdjustment,mqlNumber,mqlDuration,mqlDate
syntax region mqlIfLine contained matchgroup=mqlKeyword start=/\v<if%(\k|-)@!/ matchgroup=NONE end=/\va@!a/
      \ contains=@mqlCondition
syntax region mqlBetween contained matchgroup=mqlKeyword start=/\v<between%(\k|-)@!/ matchgroup=NONE end=/\va@!a/
      \ contains=mqlComment,mqlNumber,mqlConnective
syntax match mqlAdjustment /\v<up\_s+to%(\_s*[+\-]?[0-9])@=|<halve\_s+every%(\k|-)@!%(\_s+[0-9])@=/ contained

" -- tests -------------------------------------------------------------------------------------------------------------

syntax region mqlTestBlock matchgroup=mqlStatement start=/\v^%ufeff?<test%(\k|-)@!/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlError,mqlString,mqlTestItem
syntax region mqlTestItem contained start=/^\s\+[^[:space:]#]\@=/
      \ end=/\v^%(\s*%(<day%(\_s+[0-9])@=|[0-9]{4}-[0-9]|<expect%(\k|-)@!|<as\_s+of%(\k|-)@!|<lead%(\_s*\()@=)\s*:@!)@=/ keepend
      \ contains=mqlComment,mqlHappens,mqlTraits,mqlExpect,mqlExpectStage,mqlAsOf
syntax match mqlDay /\v<day%(\_s+[0-9])@=/ contained
syntax region mqlHappens contained start=/[^[:space:]#]\@=/ end=/\va@!a/
      \ contains=@mqlPhrase,mqlDay,mqlDate,mqlNumber,mqlProperties
syntax match mqlTraits /\v<lead%(\_s*\()@=/ contained nextgroup=mqlProperties skipwhite skipempty
syntax region mqlProperties contained matchgroup=mqlPunctuation start=/(/ end=/)/
      \ contains=mqlComment,mqlProperty,mqlPunctuation,mqlPropertyValue
syntax region mqlPropertyValue contained matchgroup=mqlPunctuation start=/\v:/ matchgroup=NONE end=/[,)]\@=/
      \ contains=@mqlValue,mqlBoolean
syntax region mqlExpect contained matchgroup=mqlKeyword start=/\v<expect\_s+no%(\k|-)@!|<expect%(\k|-)@!/ matchgroup=NONE
      \ end=/\va@!a/ contains=mqlComment,mqlStage,mqlOperator,mqlDay,mqlDate,mqlNumber,mqlOn,mqlBy
syntax region mqlExpectStage contained matchgroup=mqlKeyword start=/\v<expect\_s+stage%(\_s+%([0-9]@!\k))@=/ matchgroup=NONE end=/\va@!a/
      \ contains=mqlComment,mqlStage,mqlDay,mqlDate,mqlNumber,mqlOn
syntax match mqlOn /\v<on%(\_s+%(day\_s+)?[0-9])@=/ contained
syntax region mqlBy contained matchgroup=mqlKeyword start=/\v<by%(\k|-)@!/ matchgroup=NONE end=/\va@!a/
      \ contains=mqlComment,mqlRuleName
syntax region mqlAsOf contained matchgroup=mqlKeyword start=/\v<as\_s+of%(\k|-)@!/ matchgroup=NONE end=/\va@!a/
      \ contains=mqlComment,mqlDay,mqlDate,mqlNumber

" Every statement starts anew; so a file that is shown from further down needs no more than its longest statement.
syntax sync minlines=100

highlight default link mqlComment Comment
highlight default link mqlStatement Structure
highlight default link mqlKeyword Statement
highlight default link mqlOr mqlKeyword
highlight default link mqlConnective mqlKeyword
highlight default link mqlTest mqlKeyword
highlight default link mqlIgnoring mqlKeyword
highlight default link mqlRestriction mqlKeyword
highlight default link mqlTo mqlKeyword
highlight default link mqlConditionWord mqlKeyword
highlight default link mqlWithSame mqlKeyword
highlight default link mqlTimes mqlKeyword
highlight default link mqlFor mqlKeyword
highlight default link mqlRecycle mqlKeyword
highlight default link mqlSchemaLead mqlKeyword
highlight default link mqlAdjustment mqlKeyword
highlight default link mqlDay mqlKeyword
highlight default link mqlTraits mqlKeyword
highlight default link mqlOn mqlKeyword
highlight default link mqlFunction Function
highlight default link mqlOperator Operator
highlight default link mqlComparison mqlOperator
highlight default link mqlPunctuation Delimiter
highlight default link mqlDot mqlPunctuation
highlight default link mqlDeclared mqlPunctuation
highlight default link mqlEventName Identifier
highlight default link mqlSegmentName Identifier
highlight default link mqlScoreName Identifier
highlight default link mqlListName Identifier
highlight default link mqlRuleName Identifier
highlight default link mqlEvent Normal
highlight default link mqlProperty Special
highlight default link mqlStage Type
highlight default link mqlType Type
highlight default link mqlString String
highlight default link mqlEscape SpecialChar
highlight default link mqlNumber Number
highlight default link mqlPoints mqlNumber
highlight default link mqlCount mqlNumber
highlight default link mqlDuration Number
highlight default link mqlDate Constant
highlight default link mqlBoolean Boolean
highlight default link mqlError Error
highlight default link mqlReserved Error

let b:current_syntax = 'mql'

let &cpoptions = s:cpo
unlet s:cpo
