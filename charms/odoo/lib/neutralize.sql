-- A copy of a database that touches nothing outside, for versions that have no command of their own for it, and before theirs.
-- With the rights of the database's owner: what is in it may run programs of its own.
SET search_path = public;
-- A mail server that is none stands before the one of odoo.conf.
DO $do$
BEGIN
  IF to_regclass('ir_mail_server') IS NOT NULL THEN
    UPDATE ir_mail_server SET active = false;
    INSERT INTO ir_mail_server (name, smtp_host, smtp_port, smtp_encryption, active, sequence)
      VALUES ('neutralised: no mail goes out', 'invalid', 1025, 'none', true, 0);
    -- A column that later versions require.
    IF EXISTS (SELECT FROM information_schema.columns WHERE table_name = 'ir_mail_server' AND column_name = 'smtp_authentication') THEN
      EXECUTE 'UPDATE ir_mail_server SET smtp_authentication = ''login'' WHERE smtp_authentication IS NULL';
    END IF;
  END IF;
  IF to_regclass('fetchmail_server') IS NOT NULL THEN
    UPDATE fetchmail_server SET active = false;
  END IF;
  UPDATE ir_cron SET active = false WHERE id NOT IN
    (SELECT res_id FROM ir_model_data WHERE module = 'base' AND name = 'autovacuum_job' AND model = 'ir.cron');
  IF to_regclass('payment_acquirer') IS NOT NULL THEN
    UPDATE payment_acquirer SET state = 'disabled';
  END IF;
  IF to_regclass('payment_provider') IS NOT NULL THEN
    UPDATE payment_provider SET state = 'disabled';
  END IF;
  IF to_regclass('ir_act_server') IS NOT NULL AND EXISTS
    (SELECT FROM information_schema.columns WHERE table_name = 'ir_act_server' AND column_name = 'webhook_url') THEN
    EXECUTE 'UPDATE ir_act_server SET webhook_url = ''neutralised: disabled'' WHERE state = ''webhook''';
  END IF;
  DELETE FROM ir_config_parameter WHERE key IN ('database.uuid', 'database.is_neutralized', 'database.enterprise_code');
  INSERT INTO ir_config_parameter (key, value) VALUES ('database.uuid', gen_random_uuid()), ('database.is_neutralized', 'true');
END $do$;
