"""Parses pages of metrics with the strict parsers of Prometheus' own client; prints the numbers of families and samples."""

import sys

from prometheus_client.openmetrics.parser import text_string_to_metric_families as open_metrics
from prometheus_client.parser import text_string_to_metric_families as prometheus

for parse, path in ((prometheus, sys.argv[1]), (open_metrics, sys.argv[2])):
    with open(path, encoding="utf-8") as page:
        families = list(parse(page.read()))
    for family in families:
        assert family.documentation, f"{family.name} has no help"
        assert family.type != "unknown", f"{family.name} has no type"
    print(len(families), sum(len(family.samples) for family in families))
