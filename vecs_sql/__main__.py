"""`python -m vecs_sql` is the command `vecs-sql`."""

from vecs_sql.cli import main

main(prog_name="vecs-sql")
