set local role seatledger_read_owner;
alter schema {model}_next rename to {model};
reset role;
update read.checkpoint set model = '{model}', generation = 1 where model = '{model}_next';
delete from read.progress where model = '{model}';
update read.progress set model = '{model}' where model = '{model}_next';
