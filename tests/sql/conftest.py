"""Failures inside the shared helpers show their values, as those in tests do."""

from __future__ import annotations

import pytest

pytest.register_assert_rewrite("tests.sql.support")
