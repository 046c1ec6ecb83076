"""The private functions change: parameters, results, and which there are.

CREATE OR REPLACE can not change what a function returns, and would leave the others behind. All are dropped here; the
installation makes those that it needs, after the last revision. Nothing in a database depends on a private function.
"""

from alembic import op

revision = "0002"
down_revision = "0001"

_NAMES = """
    _approximate_count _build_index _build_settings _check_dimension _check_filter_node
    _check_filter_operator _check_index_arguments _check_indexable _check_new_collection _check_path
    _check_query_vecs _check_records _check_rows _check_search _check_update _collection
    _collections _drop_metadata_index _explain_advice _explain_step _explain_why _filter_any
    _filter_contains _filter_in _filter_indexed _filter_list _filter_node _filter_operator
    _filter_sql _index_definition _index_name _indexed_paths _indexed_value _key_indexes _measure
    _metadata_indexes _metadata_path _metadata_value _nearest _notice_no_index _query_carefully
    _query_index _raise _raise_bad_vector _rows_when_built _search_again _search_choice
    _search_index _search_many _search_plan _search_settings _search_target _settle _swap_settings
    _table_bytes _timed_query _vector_indexes
"""


def upgrade() -> None:
    """Drop the private functions that there were until here, whatever their parameters."""
    names = ",".join(_NAMES.split())
    op.execute(
        f"""
        DO $drop$
        DECLARE
            v_function oid;
        BEGIN
            FOR v_function IN
                SELECT p.oid
                FROM pg_catalog.pg_proc AS p
                JOIN pg_catalog.pg_namespace AS n ON n.oid = p.pronamespace
                WHERE n.nspname = 'vecs' AND p.proname = ANY ('{{{names}}}')
            LOOP
                EXECUTE concat('DROP FUNCTION ', CAST(v_function AS regprocedure));
            END LOOP;
        END
        $drop$
        """
    )
