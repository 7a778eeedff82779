"""The dashboard as an ASGI application: addresses, and what is answered there."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from holdfast.web import framing
from holdfast.web.freshness import Freshness
from holdfast.web.guards import Doors, Guards
from holdfast.web.links import PLACES, Served
from holdfast.web.opening import folder_of, stored_report
from holdfast.web.pages import run as one
from holdfast.web.pages import runs as all_runs
from holdfast.web.rendering import SCRIPTS, SHEET, asset, drawn
from holdfast.web.site import Site, View, missing
from holdfast.web.streaming import Streams

_TYPES = {SHEET: "text/css; charset=utf-8", **dict.fromkeys(SCRIPTS, "text/javascript; charset=utf-8")}
_LINKS = Served()
Shows = Callable[[Request], View]


def application(site: Site, doors: Doors) -> Starlette:
    """Return the application that shows a site to whoever comes through its doors."""
    fresh, streams = Freshness(site.store), Streams(site)

    def page(shows: Shows) -> Callable[[Request], Response]:
        def answer(request: Request) -> Response:
            fresh.ask()
            return _page(shows(request), site, doors, fresh)

        return answer

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        fresh.start()
        try:
            yield
        finally:
            streams.stop()
            fresh.stop()

    routes = [
        Route("/", lambda _: RedirectResponse(PLACES["runs"], 303)),
        Route(PLACES["runs"], page(lambda request: all_runs.runs(site, all_runs.asked(request.query_params)))),
        Route("/runs/{name}", page(lambda request: one.run(site, request.path_params["name"]))),
        Route("/runs/{name}/report", lambda request: _report(site, request.path_params["name"])),
        Route("/runs/{name}/events", lambda request: _events(site, streams, request.path_params["name"])),
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


def _report(site: Site, name: str) -> Response:
    """Return the page that a run left, for a frame in which nothing runs."""
    found = stored_report(site.store, name)
    if found is None:
        return PlainTextResponse("This run left no report.\n", 404)
    return HTMLResponse(framing.framed(found), headers=framing.headers(found))


def _events(site: Site, streams: Streams, name: str) -> Response:
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
