{#-
Words as PostgreSQL writes them in a tsquery: in quotes, with quotes and backslashes doubled.
-#}
--% macro quoted(lexeme)
{#- A lexeme as the text of a tsquery. -#}
format('''%s''', replace(replace({{ lexeme }}, E'\\', E'\\\\'), '''', ''''''))
--%- endmacro

--% macro unquoted(text)
{#- The lexeme that such a text, without its outer quotes, stands for. -#}
replace(replace({{ text }}, '''''', ''''), E'\\\\', E'\\')
--%- endmacro
