"""What each template version achieved: which campaign or flow used it, by whom, when, with which figures.

What the figures mean, each a number of people of one use:

* *sent*: handed over and answered by Spoki, whatever became of it afterwards;
* *delivered*: WhatsApp told that it arrived. An answer proves it too, whatever was told;
* *read*: WhatsApp told that it was read, or the person answered. Who has switched read receipts off
  never tells, so that the true number is higher;
* *replied*: the first message of the person that quotes ours, or that came within seven days with
  no other message of ours in between. An answer counts for the last message before it alone, so
  that a later campaign takes it over (`campaigns.outbox.record_inbound`);
* *opted out*: the person wrote a stop word that quotes ours, or within 24 hours of it as our last
  marketing message (`campaigns.outbox.record_opt_out`); or Meta refused it because the person had
  stopped marketing in WhatsApp (131050). Whoever withdraws elsewhere, in the shop or through an
  agent, is laid at no message's door. Blocks and reports Meta tells nobody;
* *failed*: sent, and refused in the answer or by a webhook, by our reason and Spoki's code.

Beside them stand those who were not sent anything: *waiting* (queued or just leaving), *skipped* and
*expired*; and *unknown*: it may have left, nobody knows. Each recipient is in exactly one of sent,
waiting, skipped, expired and unknown.
"""
