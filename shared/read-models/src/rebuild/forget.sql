drop schema if exists {model}_next cascade;
delete from read.checkpoint where model = '{model}_next';
delete from read.progress where model = '{model}_next';
