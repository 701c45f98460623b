"""
One turn of a scheduler: what is due, decided and recorded in one short transaction.

``pairs``    batch after batch, two at a time
``batches``  due rows are locked, and what fails is set back alone
``work``     locked rows become values that say what there is to store
``due``, ``rebuild``, ``tasks``, ``gates``, ``busy``  what deciding needs to know about a row
``arguments``, ``rows``  what the job is called with, and its row in the ledger
``times``, ``limits``, ``setback``  slow code and frozen processes delay no other schedule
"""
