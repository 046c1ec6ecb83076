"""What passes between Python and the SQL functions, without I/O: calls, their arguments, and the rows they return."""
