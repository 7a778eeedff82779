"""The dashboard: the run store in a browser, served to one person (`serve`) or written as files (`write_site`).

from holdfast.web import Site, application
app = application(Site(RunStore(Path(".holdfast"))), Doors(token="…"))

Pages are functions of a store (`pages/`); how they are linked is `links`, who may see them `guards`. A page that is
looked at changes nothing: only answers of people, to the review queue and to the checklist, are ever written.
"""
