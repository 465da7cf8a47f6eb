"""stub"""
from __future__ import annotations
from tools.audit_layout import Layout
from tools.audit_match import Candidate, Candidates
from tools.audit_sources import Complaint
def direction_problems(layout: Layout, candidates: Candidates, bound: dict[int, Candidate], raw: str) -> list[Complaint]:
    return []
