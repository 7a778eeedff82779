"""The dashboard as an ASGI application: addresses, and what is answered there."""

import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import quote, urlencode

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from holdfast.web import framing
from holdfast.web.forms import form_of, is_ours
from holdfast.web.freshness import Freshness
from holdfast.web.guards import Doors, Guards
from holdfast.web.links import PLACES, Served
from holdfast.web.opening import folder_of, stored_report
from holdfast.web.pages import checklist, checks, compare, data, findings, generations, review, run, runs
from holdfast.web.pages.review import Desk
from holdfast.web.rendering import SCRIPTS, SHEET, asset, drawn
from holdfast.web.site import Site, View, missing
from holdfast.web.streaming import EventStreams

_TYPES = {SHEET: "text/css; charset=utf-8", **dict.fromkeys(SCRIPTS, "text/javascript; charset=utf-8")}
_LINKS = Served()
_LOG = logging.getLogger("holdfast.web")
Shows = Callable[[Request], View]
Takes = Callable[[list[tuple[str, str]]], View | None]


def application(site: Site, doors: Doors) -> Starlette:
    """Return the application that shows a site to whoever comes through its doors."""
    fresh, streams = Freshness(site), EventStreams(site)

    def page(shows: Shows) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            fresh.ask()
            try:
                return _page(shows(request), site, doors, fresh)
            except Exception:  # noqa: BLE001 a bug is told on the page, and where it is in the terminal
                _LOG.exception("the page %s cannot be drawn", request.url.path)
                return _page(View("broken.html", "A bug", "", status=500), site, doors, fresh)

        return answer

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        fresh.start()
        try:
            yield
        finally:
            streams.stop()
            fresh.stop()

    desk = Desk(site)

    async def decide(request: Request) -> Response:
        name = request.path_params["name"]
        return await _write(request, doors, lambda form: review.pressed(desk, name, dict(form)), site)

    async def answer_item(request: Request) -> Response:
        return await _write(request, doors, lambda form: _answered(site, form), site)

    routes = [
        Route("/", lambda _: RedirectResponse(PLACES["runs"], 303)),
        Route(PLACES["runs"], page(lambda request: runs.runs(site, runs.asked(request.query_params)))),
        Route("/runs/{name}", page(lambda request: run.run(site, request.path_params["name"]))),
        Route("/runs/{name}/report", lambda request: _report(site, request.path_params["name"])),
        Route("/runs/{name}/events", lambda request: _events(site, streams, request.path_params["name"])),
        Route(PLACES["compare"], page(lambda request: compare.compare(site, _pair(request)))),
        Route(PLACES["findings"], page(lambda request: findings.findings(site, findings.asked(request.query_params)))),
        Route("/findings/{number}", page(lambda request: findings.finding(site, request.path_params["number"]))),
        Route(
            PLACES["generations"],
            page(lambda request: generations.generations(site, runs.page_of(request.query_params))),
        ),
        Route(PLACES["data"], page(lambda _: data.data(site))),
        Route("/data/{address}", page(lambda request: data.version(site, request.path_params["address"]))),
        Route(PLACES["review"], page(lambda _: review.queues(desk))),
        Route("/review/{name}", page(lambda request: review.queue(desk, request.path_params["name"]))),
        Route("/review/{name}", decide, methods=["POST"]),
        Route(PLACES["checks"], page(lambda _: checks.checks())),
        Route("/checks/{name}", page(lambda request: checks.check(request.path_params["name"]))),
        Route(PLACES["checklist"], page(lambda request: checklist.page(site, request.query_params.getlist("run")))),
        Route(PLACES["checklist"], answer_item, methods=["POST"]),
        Route("/static/{name}", lambda request: _asset(request.path_params["name"])),
    ]
    made = Starlette(
        routes=routes,
        middleware=[Middleware(Guards, doors=doors)],
        lifespan=lifespan,
        exception_handlers={404: _not_found(site, doors, fresh), 405: _not_allowed},
    )
    made.router.redirect_slashes = False
    return made


def _page(view: View, site: Site, doors: Doors, fresh: Freshness) -> Response:
    noted = View(view.template, view.title, view.tab, {"notice": fresh.error or fresh.reading, **view.values})
    return HTMLResponse(drawn(noted, site, _LINKS, guard=doors.guard), view.status)


async def _write(request: Request, doors: Doors, take: Takes, site: Site) -> Response:
    """Take what a form of ours says; then show the page anew, or the page that says what is missing."""
    form = await form_of(request)
    if form is None:
        return PlainTextResponse("Holdfast: that is no form of this dashboard.\n", 413)
    if not is_ours(form, doors.guard):
        return PlainTextResponse("Holdfast: this form is old or not ours; load the page again.\n", 403)
    view = await run_in_threadpool(take, form)
    if view is None:
        runs_asked = urlencode([(key, value) for key, value in form if key == "run"])
        return RedirectResponse(quote(request.url.path) + (f"?{runs_asked}" if runs_asked else ""), 303)
    return HTMLResponse(drawn(view, site, _LINKS, guard=doors.guard), view.status)


def _answered(site: Site, form: list[tuple[str, str]]) -> View | None:
    said = dict(form)
    wrong = checklist.answered(site.answers, said)
    if not wrong:
        return None
    return checklist.page(
        site, [value for key, value in form if key == "run"], wrong, f"{said.get('list')}-{said.get('item')}"
    )


def _pair(request: Request) -> list[str]:
    """Return the two runs that are asked for: `a` and `b`, or two that were ticked."""
    query = request.query_params
    named = [query[key] for key in ("a", "b") if query.get(key)]
    return named or query.getlist("run")


def _report(site: Site, name: str) -> Response:
    """Return the page that a run left, for a frame in which nothing runs."""
    found = stored_report(site.store, name)
    if found is None:
        return PlainTextResponse("This run left no report.\n", 404)
    return HTMLResponse(framing.framed(found), headers=framing.headers(found))


def _events(site: Site, streams: EventStreams, name: str) -> Response:
    """Return the stream of what a run does."""
    folder = folder_of(site.store, name)
    if folder is None:
        return PlainTextResponse("There is no such run.\n", 404)
    if not streams.room:
        return PlainTextResponse("Too many pages are watching runs.\n", 503)
    return StreamingResponse(streams.of(name, folder), media_type="text/event-stream")


def _asset(name: str) -> Response:
    content = asset(name)
    if content is None:
        return PlainTextResponse("There is no such file.\n", 404)
    # The address holds a hash of all of them, and they say nothing about anybody.
    return Response(content, media_type=_TYPES[name], headers={"cache-control": "private, max-age=31536000, immutable"})


def _not_found(site: Site, doors: Doors, fresh: Freshness) -> Callable[[Request, Any], Response]:
    def answer(request: Request, error: Any) -> Response:
        del request, error
        return _page(missing("There is no such page."), site, doors, fresh)

    return answer


def _not_allowed(request: Request, error: Any) -> Response:
    del request, error
    return PlainTextResponse("There is no such request here.\n", 405)
