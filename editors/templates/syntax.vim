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
syntax match mqlString /\v{STRING}/ contained contains=mqlEscape,@Spell
syntax match mqlEscape /\\["\\nt]/ contained
syntax match mqlNumber /\v<{UNSIGNED}/ contained
syntax match mqlNumber /\v{SIGNED}/ contained
syntax match mqlDuration /\v<{DURATION}/ contained
syntax match mqlDate /\v<%({INSTANT}|{DATE}|{CLOCK})/ contained
syntax match mqlBoolean /\v{TRUE}|{FALSE}/ contained
syntax cluster mqlValue contains=mqlComment,mqlError,mqlString,mqlNumber,mqlDuration,mqlDate

syntax match mqlOperator /\v{EQUALS}\>@!|{NOT_EQUALS}|{GREATER_OR_EQUAL}|{LESS_OR_EQUAL}|{GREATER}|{LESS}\=@!/ contained
syntax match mqlPunctuation /[(),:]/ contained

" -- paths: names of properties, joined by dots ------------------------------------------------------------------------

syntax match mqlProperty /\v{WORD}|{STRING}/ contained nextgroup=mqlDot skipwhite skipempty
syntax match mqlDot /\v{DOT}/ contained nextgroup=mqlProperty skipwhite skipempty

" -- events and predicates ---------------------------------------------------------------------------------------------

syntax match mqlEvent /\v{WORD}|{STRING}/ contained
syntax match mqlReserved /\v\c{RESERVED}/ contained
syntax region mqlWhere contained matchgroup=mqlKeyword start=/\v{WHERE}/ matchgroup=mqlPunctuation end=/)/
      \ contains=mqlComment,mqlPredicate
syntax cluster mqlPhrase contains=mqlComment,mqlError,mqlEvent,mqlReserved,mqlWhere

syntax match mqlOr /\v{OR}/ contained
syntax cluster mqlPattern contains=@mqlPhrase,mqlOr,mqlPatternParens
syntax region mqlPatternParens contained matchgroup=mqlPunctuation start=/(/ end=/)/ contains=@mqlPattern

syntax region mqlPredicate contained matchgroup=mqlPunctuation start=/(/ matchgroup=NONE end=/)\@=/
      \ contains=@mqlPredicates
syntax region mqlPredicateParens contained matchgroup=mqlPunctuation start=/(/ end=/)/ contains=@mqlPredicates
syntax region mqlPropertyTest contained matchgroup=mqlProperty start=/\v{WORD}|{STRING}/
      \ matchgroup=NONE end=/\v%(\)|{AND}|{OR})@=/ contains=@mqlTests
syntax match mqlConnective /\v{AND}|{OR}|{NOT}/ contained
syntax cluster mqlPredicates contains=mqlComment,mqlPredicateParens,mqlPropertyTest,mqlConnective

syntax match mqlTest /\v{CONTAINS}|{STARTS_WITH}|{ENDS_WITH}|{MATCHES}|{IS_KNOWN}|{IS_MISSING}|{IGNORING_CASE}/ contained
syntax region mqlIn contained matchgroup=mqlKeyword start=/\v{IN}/ matchgroup=NONE
      \ end=/\v%(\)|,|{ARROW}|{RESERVED}|{OLDER_THAN}\_s*[0-9]|{WITH_SAME})@=/
      \ contains=mqlComment,mqlError,mqlListName,mqlIgnoring,mqlInParens
syntax match mqlListName /\v{WORD}/ contained
syntax match mqlIgnoring /\v{IGNORING_CASE}/ contained
syntax region mqlInParens contained matchgroup=mqlPunctuation start=/(/ end=/)/
      \ contains=@mqlValue,mqlBoolean,mqlPunctuation
syntax cluster mqlTests contains=@mqlValue,mqlDot,mqlTest,mqlIn,mqlOperator,mqlBoolean

" -- conditions --------------------------------------------------------------------------------------------------------

syntax match mqlRestriction /\v{WITHIN}|{SINCE}|{AFTER}|{BEFORE}|{OLDER_THAN}%(\_s*[0-9])@=/ contained
syntax region mqlDuring contained matchgroup=mqlKeyword start=/\v{DURING}/ matchgroup=NONE
      \ end=/\v%({TO})@!%([^[:space:]#0-9])@=/ contains=mqlComment,mqlDate,mqlTo
syntax match mqlTo /\v{TO}/ contained

syntax match mqlConditionWord /\v{AND}|{OR}|{NOT}|{NO}|{THEN}|{FOR}/ contained
syntax match mqlWithSame /\v{WITH_SAME}/ contained nextgroup=mqlProperty skipwhite skipempty
" The older of Vim's two engines is six times as fast at the end of this one.
syntax region mqlTrait contained matchgroup=mqlKeyword start=/\v{LEAD}/ matchgroup=NONE
      \ end=/\%#=1\v%([.]@1<!%(\)|,|{ARROW}|{RESERVED}|{OLDER_THAN}\_s*[0-9]|{WITH_SAME}))@=/ contains=@mqlTests
syntax match mqlFunction /\v{AGGREGATE_OF_PROPERTY}/ contained
      \ nextgroup=mqlAggregate skipwhite skipempty
syntax match mqlFunction /\v{AGGREGATE_OF_EVENTS}/ contained
syntax region mqlAggregate contained matchgroup=mqlPunctuation start=/(/ end=/)/ contains=mqlComment,mqlProperty,mqlOf
syntax region mqlOf contained matchgroup=mqlKeyword start=/\v%([(.]\_s*)@<!{OF}/ matchgroup=NONE end=/)\@=/
      \ contains=@mqlPattern
syntax match mqlComparison /\v{EQUALS}\>@!|{NOT_EQUALS}|{GREATER_OR_EQUAL}|{LESS_OR_EQUAL}|{GREATER}|{LESS}\=@!/ contained
      \ nextgroup=mqlString,mqlBoolean,mqlCount skipwhite skipempty
syntax match mqlCount /\v{UNSIGNED}-@!/ contained nextgroup=mqlTimes skipwhite skipempty
syntax match mqlTimes /\v{TIMES}/ contained
syntax cluster mqlCondition contains=@mqlPhrase,mqlPunctuation,mqlNumber,mqlDuration,mqlDate,mqlConditionWord,
      \mqlRestriction,mqlDuring,mqlWithSame,mqlTrait,mqlFunction,mqlComparison

" -- rules -------------------------------------------------------------------------------------------------------------

syntax match mqlStage /\v{WORD}/ contained
syntax match mqlFor /\v{FOR}/ contained
syntax match mqlRecycle /\v%({ARROW}\_s*)@<={RECYCLE_TO}/ contained
syntax region mqlConclusion contained start=/[^[:space:]#]\@=/ end=/\v{NEVER}/ contains=@mqlCondition,mqlOutcome
syntax region mqlConclusion contained matchgroup=mqlPunctuation start=/,/ matchgroup=NONE end=/\v{NEVER}/
      \ contains=@mqlCondition,mqlOutcome
syntax region mqlWhen contained matchgroup=mqlKeyword start=/\v{WHEN}/ matchgroup=NONE end=/,\@=/
      \ contains=mqlComment,mqlStage,mqlFor,mqlDuration
syntax region mqlOutcome contained matchgroup=mqlOperator start=/\v{ARROW}/ matchgroup=NONE end=/\v{NEVER}/
      \ contains=mqlComment,mqlStage,mqlRecycle

syntax region mqlBareRule start=/^[^[:space:]#)]\@=/ end=/\n\ze[^[:space:]#)]/ keepend
      \ contains=mqlComment,mqlConclusion,mqlWhen
syntax region mqlRule matchgroup=mqlStatement start=/\v^%ufeff?{RULE}/ matchgroup=NONE end=/\n\ze[^[:space:]#)]/ keepend
      \ contains=mqlComment,mqlError,mqlRuleName,mqlString,mqlRuleBody
syntax match mqlRuleName /\v{WORD}/ contained
syntax region mqlRuleBody contained matchgroup=mqlPunctuation start=/\v{COLON}/ matchgroup=NONE end=/\v{NEVER}/
      \ contains=mqlComment,mqlConclusion,mqlWhen

" -- the other statements ----------------------------------------------------------------------------------------------

syntax region mqlLifecycle matchgroup=mqlStatement start=/\v^%ufeff?{LIFECYCLE}/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlStage,mqlOperator,mqlPunctuation

syntax region mqlTimezone matchgroup=mqlStatement start=/\v^%ufeff?{TIMEZONE}/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlError,mqlString

syntax region mqlSchema matchgroup=mqlStatement start=/\v^%ufeff?{SCHEMA}/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=@mqlPhrase,mqlSchemaLead,mqlDeclarations
syntax match mqlSchemaLead /\v%(schema\_s+)@<={LEAD_WITH}/ contained
syntax region mqlDeclarations contained matchgroup=mqlPunctuation start=/(/ end=/)/
      \ contains=mqlComment,mqlProperty,mqlDeclared,mqlPunctuation
syntax match mqlDeclared /\v{COLON}/ contained nextgroup=mqlType skipwhite skipempty
syntax match mqlType /\v{WORD}/ contained

syntax region mqlEventDefinition matchgroup=mqlStatement start=/\v^%ufeff?{EVENT}/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlEventName,mqlEventBody
syntax match mqlEventName /\v{WORD}/ contained
syntax region mqlEventBody contained matchgroup=mqlOperator start=/\v{EQUALS}/ matchgroup=NONE end=/\v{NEVER}/
      \ contains=@mqlPattern

syntax region mqlList matchgroup=mqlStatement start=/\v^%ufeff?{LIST}/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlListName,mqlFrom
syntax region mqlFrom contained matchgroup=mqlKeyword start=/\v{FROM}/ matchgroup=NONE end=/\v{NEVER}/
      \ contains=mqlComment,mqlError,mqlString,mqlColumn
syntax region mqlColumn contained matchgroup=mqlKeyword start=/\v{COLUMN}/ matchgroup=NONE end=/\v{NEVER}/
      \ contains=mqlComment,mqlProperty

syntax region mqlSegment matchgroup=mqlStatement start=/\v^%ufeff?{SEGMENT}/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlError,mqlString,mqlSegmentName,mqlSegmentBody
syntax match mqlSegmentName /\v{WORD}/ contained
syntax region mqlSegmentBody contained matchgroup=mqlOperator start=/\v{EQUALS}/ matchgroup=NONE end=/\v{NEVER}/
      \ contains=@mqlCondition

" -- scores ------------------------------------------------------------------------------------------------------------

syntax region mqlScore matchgroup=mqlStatement start=/\v^%ufeff?{SCORE}/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlError,mqlString,mqlScoreName,mqlScoreItem
syntax match mqlScoreName /\v{WORD}/ contained
syntax region mqlScoreItem contained start=/\v^\s+%([+-]|{BETWEEN})@=/
      \ end=/\v^%(\s*%({SIGNED}\s+%({PER}|{FOR_THE_LATEST}|{IF})|{BETWEEN}))@=/ keepend
      \ contains=mqlComment,mqlPoints,mqlBetween
syntax match mqlPoints /\v{SIGNED}/ contained nextgroup=mqlPerLine,mqlIfLine skipwhite
syntax region mqlPerLine contained matchgroup=mqlKeyword start=/\v{PER}|{FOR_THE_LATEST}/ matchgroup=NONE
      \ end=/\v{NEVER}/ contains=@mqlPattern,mqlRestriction,mqlDuring,mqlAdjustment,mqlNumber,mqlDuration,mqlDate
syntax region mqlIfLine contained matchgroup=mqlKeyword start=/\v{IF}/ matchgroup=NONE end=/\v{NEVER}/
      \ contains=@mqlCondition
syntax region mqlBetween contained matchgroup=mqlKeyword start=/\v{BETWEEN}/ matchgroup=NONE end=/\v{NEVER}/
      \ contains=mqlComment,mqlNumber,mqlConnective
syntax match mqlAdjustment /\v{UP_TO}|{HALVE_EVERY}%(\_s+[0-9])@=/ contained

" -- tests -------------------------------------------------------------------------------------------------------------

syntax region mqlTestBlock matchgroup=mqlStatement start=/\v^%ufeff?{TEST}/ matchgroup=NONE
      \ end=/\n\ze[^[:space:]#)]/ keepend contains=mqlComment,mqlError,mqlString,mqlTestItem
syntax region mqlTestItem contained start=/^\s\+[^[:space:]#]\@=/
      \ end=/\v^%(\s*%({DAY}|[0-9]{4}-[0-9]|{EXPECT}|{AS_OF}|{LEAD_WITH})\s*:@!)@=/ keepend
      \ contains=mqlComment,mqlHappens,mqlTraits,mqlExpect,mqlExpectStage,mqlAsOf
syntax match mqlDay /\v{DAY}/ contained
syntax region mqlHappens contained start=/[^[:space:]#]\@=/ end=/\v{NEVER}/
      \ contains=@mqlPhrase,mqlDay,mqlDate,mqlNumber,mqlProperties
syntax match mqlTraits /\v{LEAD_WITH}/ contained nextgroup=mqlProperties skipwhite skipempty
syntax region mqlProperties contained matchgroup=mqlPunctuation start=/(/ end=/)/
      \ contains=mqlComment,mqlProperty,mqlPunctuation,mqlPropertyValue
syntax region mqlPropertyValue contained matchgroup=mqlPunctuation start=/\v{COLON}/ matchgroup=NONE end=/[,)]\@=/
      \ contains=@mqlValue,mqlBoolean
syntax region mqlExpect contained matchgroup=mqlKeyword start=/\v{EXPECT_NO}|{EXPECT}/ matchgroup=NONE
      \ end=/\v{NEVER}/ contains=mqlComment,mqlStage,mqlOperator,mqlDay,mqlDate,mqlNumber,mqlOn,mqlBy
syntax region mqlExpectStage contained matchgroup=mqlKeyword start=/\v{EXPECT_STAGE}/ matchgroup=NONE end=/\v{NEVER}/
      \ contains=mqlComment,mqlStage,mqlDay,mqlDate,mqlNumber,mqlOn
syntax match mqlOn /\v{ON}/ contained
syntax region mqlBy contained matchgroup=mqlKeyword start=/\v{BY}/ matchgroup=NONE end=/\v{NEVER}/
      \ contains=mqlComment,mqlRuleName
syntax region mqlAsOf contained matchgroup=mqlKeyword start=/\v{AS_OF}/ matchgroup=NONE end=/\v{NEVER}/
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
