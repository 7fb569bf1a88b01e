set local role seatledger_read_owner;
alter schema {model} rename to {model}_old;
alter schema {model}_next rename to {model};
reset role;
update read.checkpoint live
set sequence = next.sequence, event_id = next.event_id, structure = next.structure,
    generation = live.generation + 1
from read.checkpoint next
where live.model = '{model}' and next.model = '{model}_next';
delete from read.checkpoint where model = '{model}_next';
delete from read.progress where model = '{model}';
update read.progress set model = '{model}' where model = '{model}_next';
