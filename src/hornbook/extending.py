"""What those need who add to the package: each sort is registered by one call, or by an entry point.

Each holds in the registry in use, or in the one that is given.
"""

from __future__ import annotations

from hornbook.archive.base import MemberArchive
from hornbook.archive.container import Container, Opening
from hornbook.archive.json_text import parse as parse_json
from hornbook.archive.protocol import Archive
from hornbook.archive.weights.flat import FlatStore, FlatWriter
from hornbook.archive.weights.format import WeightFormat
from hornbook.archive.weights.stores import Labels, StoredArray, WeightStore, WeightWriter
from hornbook.engine.codecs.codec import Codec
from hornbook.engine.codecs.register import register_codec
from hornbook.engine.registry import Registry, current_registry
from hornbook.frameworks.models import Models, Unset, WeightTarget
from hornbook.opening import register_container, register_weight_format
from hornbook.policy import Limits
from hornbook.reports.formats import ReportFormat, register_report_format
from hornbook.reports.report import AuditReport, Finding
from hornbook.reports.runs import AuditedFile, AuditRun, AuditStream
from hornbook.upgrading.node import ABSENT, OldObject, UpgradeRule
from hornbook.upgrading.register import register_upgrade_rule

__all__ = [
    "ABSENT",
    "Archive",
    "AuditReport",
    "AuditRun",
    "AuditStream",
    "AuditedFile",
    "Codec",
    "Container",
    "Finding",
    "FlatStore",
    "FlatWriter",
    "Labels",
    "Limits",
    "MemberArchive",
    "Models",
    "OldObject",
    "Opening",
    "Registry",
    "ReportFormat",
    "StoredArray",
    "Unset",
    "UpgradeRule",
    "WeightFormat",
    "WeightStore",
    "WeightTarget",
    "WeightWriter",
    "current_registry",
    "parse_json",
    "register_codec",
    "register_container",
    "register_report_format",
    "register_upgrade_rule",
    "register_weight_format",
]
