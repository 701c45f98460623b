"""The verbs for coroutines: each runs in a thread, and does not block the event loop."""

from asgiref.sync import sync_to_async

from scheduler import operations

abackfill = sync_to_async(operations.backfill)
abegin_maintenance = sync_to_async(operations.begin_maintenance)
achange = sync_to_async(operations.change)
acreate = sync_to_async(operations.create)
acreate_many = sync_to_async(operations.create_many)
adelete = sync_to_async(operations.delete)
aend_maintenance = sync_to_async(operations.end_maintenance)
aoverride = sync_to_async(operations.override)
apause = sync_to_async(operations.pause)
arelease = sync_to_async(operations.release)
arestore = sync_to_async(operations.restore)
aresume = sync_to_async(operations.resume)
arun = sync_to_async(operations.run)
