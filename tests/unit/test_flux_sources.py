"""What a release takes its chart from, and reconciling that first."""

from typing import Any

from istiokit.cluster.types import Ref
from istiokit.flux.campaign import Campaign
from istiokit.flux.progress import Result
from istiokit.flux.repositories import HelmChart, HelmRepository
from istiokit.flux.sources import can_be_asked, referenced_chart, source_chain
from tests.unit.flux_samples import NS, condition, decoded, manifest, ready, ref, release
from tests.unit.test_flux_campaign import NO_CHART, OK, TOKEN, asked, campaign, handle, results

REPOSITORY = ref("charts", "HelmRepository")


def repository(**more: Any) -> HelmRepository:
    return decoded(manifest("charts", OK, kind="HelmRepository", **more), HelmRepository)


def chart(name: str, *conditions: dict[str, Any], **more: Any) -> HelmChart:
    return decoded(manifest(f"{NS}-{name}", *(conditions or (OK,)), kind="HelmChart", **more), HelmChart)


def with_sources(*names: str, **options: Any) -> Campaign:
    releases = [ready(name, chart="podinfo") for name in names]
    run = campaign(
        *releases, chains={ref(item.metadata.name): source_chain(item, {}) for item in releases}, **options
    )
    run.observe(REPOSITORY, repository())
    for name in names:
        run.observe(ref(f"{NS}-{name}", "HelmChart"), chart(name))
    return run


def test_sources_come_first_and_a_shared_one_once() -> None:
    run = with_sources("a", "b")
    assert asked(run.advance(0)) == ["HelmRepository bigbang/charts"]
    assert run.advance(1) == []
    assert run.rows(1)[1].message.startswith("HelmRepository bigbang/charts: ")
    run.observe(REPOSITORY, repository(requested=TOKEN, handled=TOKEN))
    assert asked(run.advance(2)) == ["HelmChart bigbang/bigbang-a", "HelmChart bigbang/bigbang-b"]
    run.observe(ref(f"{NS}-b", "HelmChart"), chart("b", requested=TOKEN, handled=TOKEN))
    assert asked(run.advance(3)) == ["HelmRelease bigbang/b"]


def test_a_suspended_repository_is_not_asked() -> None:
    run = with_sources("a")
    run.observe(REPOSITORY, repository(spec={"suspend": True}))
    assert asked(run.advance(0)) == ["HelmChart bigbang/bigbang-a"]


def test_a_stalled_repository_fails_all_that_use_it() -> None:
    run = with_sources("a", "b")
    run.advance(0)
    broken = manifest(
        "charts",
        condition("Stalled", "True", "URLInvalid", "bad URL"),
        condition("Ready", "False", "URLInvalid", "bad URL"),
        kind="HelmRepository",
        requested=TOKEN,
        handled=TOKEN,
    )
    run.observe(REPOSITORY, decoded(broken, HelmRepository))
    run.advance(1)
    assert results(run) == {"a": Result.FAILED, "b": Result.FAILED}
    assert run.outcomes()[0].message == "HelmRepository bigbang/charts: bad URL"


def test_a_failed_chart_is_left_to_the_release_to_report() -> None:
    """helm-controller may be about to correct the HelmChart from a newer spec."""
    run = with_sources("a")
    run.observe(REPOSITORY, repository(spec={"type": "oci"}))
    run.advance(0)
    failed = condition("Ready", "False", "InvalidChartReference", NO_CHART)
    run.observe(ref(f"{NS}-a", "HelmChart"), chart("a", failed, requested=TOKEN, handled=TOKEN))
    assert asked(run.advance(1)) == ["HelmRelease bigbang/a"]


def test_once_the_release_is_asked_its_sources_are_past() -> None:
    """helm-controller writes a new HelmChart while it reconciles: that is its business."""
    run = with_sources("a")
    run.observe(REPOSITORY, repository(spec={"type": "oci"}))
    run.advance(0)
    run.observe(ref(f"{NS}-a", "HelmChart"), chart("a", requested=TOKEN, handled=TOKEN))
    assert asked(run.advance(1)) == ["HelmRelease bigbang/a"]
    run.observe(ref(f"{NS}-a", "HelmChart"), chart("a", requested=TOKEN, handled=TOKEN, generation=2))
    handle(run, "a")
    run.advance(2)
    assert results(run) == {"a": Result.READY}


class TestSources:
    def test_of_a_chart_template(self) -> None:
        template = {
            "chart": "c",
            "sourceRef": {"kind": "GitRepository", "name": "g", "namespace": "flux-system"},
        }
        item = release("a", spec={"chart": {"spec": template}})
        assert source_chain(item, {}) == (
            Ref("GitRepository", "g", "flux-system"),
            Ref("HelmChart", "bigbang-a", "flux-system"),
        )

    def test_of_a_reference_to_an_oci_repository(self) -> None:
        item = release("a", spec={"chartRef": {"kind": "OCIRepository", "name": "o"}})
        assert source_chain(item, {}) == (ref("o", "OCIRepository"),)
        assert referenced_chart(item) is None

    def test_of_a_reference_to_a_chart(self) -> None:
        item = release("a", spec={"chartRef": {"kind": "HelmChart", "name": "c"}})
        made = decoded(
            manifest(
                "c", kind="HelmChart", spec={"chart": "x", "sourceRef": {"kind": "Bucket", "name": "b"}}
            ),
            HelmChart,
        )
        assert referenced_chart(item) == ref("c", "HelmChart")
        assert source_chain(item, {ref("c", "HelmChart"): made}) == (
            ref("b", "Bucket"),
            ref("c", "HelmChart"),
        )
        assert source_chain(item, {}) == (ref("c", "HelmChart"),)

    def test_of_a_kind_that_cannot_be_asked(self) -> None:
        assert (
            source_chain(release("a", spec={"chartRef": {"kind": "ExternalArtifact", "name": "e"}}), {}) == ()
        )
        assert source_chain(release("a"), {}) == ()

    def test_who_can_be_asked(self) -> None:
        assert can_be_asked(repository())
        assert not can_be_asked(repository(spec={"type": "oci"}))
        assert not can_be_asked(repository(spec={"suspend": True}))
        assert not can_be_asked(None)
