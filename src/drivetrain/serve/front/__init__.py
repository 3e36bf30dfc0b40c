"""The front of an endpoint: the process that callers talk to. It supervises its replicas and shares requests out.

connection.py    HTTP/1.1 on httptools, with bounds; one Call per request
routes.py        what is where, and who may; headers of answers
split.py         which deployment answers
served.py        a deployment: its running fleet, and the one that is to replace it
fleet.py         replicas of one launch; sleeps, wakes, grows, shrinks
pool.py          requests that wait, and those that replicas have; time limits, tries
replica.py       one replica: processes one after the other, probes, back-off
frames_link.py, http_link.py   how a replica is spoken to
control.py       how the front itself is spoken to
front.py         all of them together
"""
