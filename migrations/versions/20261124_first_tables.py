"""The first tables, and the rows that never change."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "67b7b311275f"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "account",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("disabled", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role in ('reader', 'engineer', 'admin')", name=op.f("ck_account_role_word")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_account")),
        sa.UniqueConstraint("name", name=op.f("uq_account_name")),
    )
    op.create_table(
        "project",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("findings", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("cardinality(findings) between 1 and 8", name=op.f("ck_project_findings_count")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_project")),
        sa.UniqueConstraint("name", name=op.f("uq_project_name")),
    )
    op.create_table(
        "patient",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.CheckConstraint("split in ('train', 'development', 'external', 'pool')", name=op.f("ck_patient_split_word")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_patient_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_patient")),
        sa.UniqueConstraint("id", "split", name=op.f("uq_patient_id_split")),
        sa.UniqueConstraint("project_id", "namespace", "key", name=op.f("uq_patient_project_id_namespace_key")),
    )
    op.create_table(
        "sign_in",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_account_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sign_in")),
    )
    op.create_index(op.f("ix_sign_in_account_id"), "sign_in", ["account_id"], unique=False)
    op.create_table(
        "sign_in_link",
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_sign_in_link_account_id")),
        sa.PrimaryKeyConstraint("token_sha256", name=op.f("pk_sign_in_link")),
    )
    op.create_table(
        "source",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reader", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=True),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("licence", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("role in ('labelled', 'external', 'pool')", name=op.f("ck_source_role_word")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_source_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_source")),
        sa.UniqueConstraint("project_id", "name", name=op.f("uq_source_project_id_name")),
    )
    op.create_table(
        "submission",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("answer", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_submission_account_id")),
        sa.PrimaryKeyConstraint("account_id", "key", name=op.f("pk_submission")),
    )
    op.create_table(
        "trail",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("previous_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_trail_account_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_trail_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_trail")),
    )
    op.create_index("ix_trail_project", "trail", ["project_id", sa.literal_column("id desc")], unique=False)
    op.create_table(
        "training_set",
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("counts", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_training_set_project_id")),
        sa.PrimaryKeyConstraint("sha256", name=op.f("pk_training_set")),
    )
    op.create_table(
        "image",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("patient_id", sa.BigInteger(), nullable=False),
        sa.Column("split", sa.Text(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("file_sha256", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("bits", sa.BigInteger(), nullable=False),
        sa.Column("spacing_mm", sa.Double(), nullable=True),
        sa.Column("view", sa.Text(), nullable=True),
        sa.Column("sex", sa.Text(), nullable=True),
        sa.Column("age", sa.Double(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["patient_id", "split"], ["patient.id", "patient.split"], name=op.f("fk_image_patient_id_split")
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_image_project_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_image_source_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_image")),
        sa.UniqueConstraint("id", "sha256", name=op.f("uq_image_id_sha256")),
        sa.UniqueConstraint("project_id", "sha256", name=op.f("uq_image_project_id_sha256")),
    )
    op.create_index("ix_image_file", "image", ["source_id", "file_sha256"], unique=False)
    op.create_index("ix_image_split", "image", ["project_id", "split", "id"], unique=False)
    op.create_table(
        "iteration",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("index", sa.BigInteger(), nullable=False),
        sa.Column("stage", sa.Text(), server_default="planned", nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("training_set_sha256", sa.Text(), nullable=False),
        sa.Column("labelling_id", sa.BigInteger(), nullable=True),
        sa.Column("metrics", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("code_version", sa.Text(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "stage in ('planned', 'training', 'labelling', 'auditing', 'closed', 'failed', 'cancelled')",
            name=op.f("ck_iteration_stage_word"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_iteration_account_id")),
        sa.ForeignKeyConstraint(
            ["labelling_id"], ["labelling.id"], name=op.f("fk_iteration_labelling_id"), use_alter=True
        ),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_iteration_project_id")),
        sa.ForeignKeyConstraint(
            ["training_set_sha256"], ["training_set.sha256"], name=op.f("fk_iteration_training_set_sha256")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_iteration")),
    )
    op.create_index(
        "uq_iteration_index",
        "iteration",
        ["project_id", "index"],
        unique=True,
        postgresql_where=sa.text("stage not in ('failed', 'cancelled')"),
    )
    op.create_table(
        "gate_decision",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("iteration_id", sa.BigInteger(), nullable=False),
        sa.Column("open", sa.Boolean(), nullable=False),
        sa.Column("override", sa.Boolean(), nullable=False),
        sa.Column("verdict", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "not override or (account_id is not null and length(reason) > 0)",
            name=op.f("ck_gate_decision_override_named"),
        ),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_gate_decision_account_id")),
        sa.ForeignKeyConstraint(["iteration_id"], ["iteration.id"], name=op.f("fk_gate_decision_iteration_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_gate_decision")),
    )
    op.create_index(op.f("ix_gate_decision_iteration_id"), "gate_decision", ["iteration_id"], unique=False)
    op.create_table(
        "import_line",
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("image_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("outcome in ('added', 'unchanged', 'refused')", name=op.f("ck_import_line_outcome_word")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_import_line_image_id")),
        sa.ForeignKeyConstraint(["source_id"], ["source.id"], name=op.f("fk_import_line_source_id")),
        sa.PrimaryKeyConstraint("source_id", "file_name", name=op.f("pk_import_line")),
    )
    op.create_table(
        "job",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("project_id", sa.BigInteger(), nullable=False),
        sa.Column("iteration_id", sa.BigInteger(), nullable=True),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), server_default="queued", nullable=False),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("attempts", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("worker", sa.Text(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("progress", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("queue in ('cpu', 'gpu')", name=op.f("ck_job_queue_word")),
        sa.CheckConstraint(
            "state in ('queued', 'running', 'done', 'failed', 'cancelled')", name=op.f("ck_job_state_word")
        ),
        sa.ForeignKeyConstraint(["iteration_id"], ["iteration.id"], name=op.f("fk_job_iteration_id")),
        sa.ForeignKeyConstraint(["project_id"], ["project.id"], name=op.f("fk_job_project_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_job")),
    )
    op.create_index(op.f("ix_job_iteration_id"), "job", ["iteration_id"], unique=False)
    op.create_index(
        "ix_job_live",
        "job",
        ["state", "lease_until"],
        unique=False,
        postgresql_where=sa.text("state in ('queued', 'running')"),
    )
    op.create_table(
        "labelling",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("iteration_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["iteration_id"], ["iteration.id"], name=op.f("fk_labelling_iteration_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_labelling")),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("iteration_id", sa.BigInteger(), nullable=False),
        sa.Column("labelling_id", sa.BigInteger(), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("design", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.ForeignKeyConstraint(["iteration_id"], ["iteration.id"], name=op.f("fk_audit_iteration_id")),
        sa.ForeignKeyConstraint(["labelling_id"], ["labelling.id"], name=op.f("fk_audit_labelling_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
        sa.UniqueConstraint("iteration_id", name=op.f("uq_audit_iteration_id")),
    )
    op.create_table(
        "mask",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("image_sha256", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("labelling_id", sa.BigInteger(), nullable=True),
        sa.Column("height", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.BigInteger(), nullable=False),
        sa.Column("counts", sa.LargeBinary(), nullable=False),
        sa.Column("area", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint(
            "origin <> 'AUTOMATIC' or labelling_id is not null", name=op.f("ck_mask_machine_names_labelling")
        ),
        sa.CheckConstraint("origin in ('AUTOMATIC', 'SEMIAUTOMATIC', 'MANUAL')", name=op.f("ck_mask_origin_word")),
        sa.ForeignKeyConstraint(
            ["image_id", "image_sha256"], ["image.id", "image.sha256"], name=op.f("fk_mask_image_id_image_sha256")
        ),
        sa.ForeignKeyConstraint(["labelling_id"], ["labelling.id"], name=op.f("fk_mask_labelling_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_mask")),
    )
    op.create_index(op.f("ix_mask_image_id"), "mask", ["image_id"], unique=False)
    op.create_table(
        "probability_map",
        sa.Column("labelling_id", sa.BigInteger(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("members", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_probability_map_image_id")),
        sa.ForeignKeyConstraint(["labelling_id"], ["labelling.id"], name=op.f("fk_probability_map_labelling_id")),
        sa.PrimaryKeyConstraint("labelling_id", "image_id", name=op.f("pk_probability_map")),
    )
    op.create_table(
        "run",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("iteration_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("recipe", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("seed", sa.BigInteger(), nullable=False),
        sa.Column("job_id", sa.BigInteger(), nullable=True),
        sa.Column("parameters", sa.BigInteger(), nullable=True),
        sa.Column("checkpoint_sha256", sa.Text(), nullable=True),
        sa.Column("metrics", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.ForeignKeyConstraint(["iteration_id"], ["iteration.id"], name=op.f("fk_run_iteration_id")),
        sa.ForeignKeyConstraint(["job_id"], ["job.id"], name=op.f("fk_run_job_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_run")),
        sa.UniqueConstraint("iteration_id", "position", name=op.f("uq_run_iteration_id_position")),
    )
    op.create_table(
        "audit_case",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("audit_id", sa.BigInteger(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("done", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("lease_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fence", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("version", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_audit_case_account_id")),
        sa.ForeignKeyConstraint(["audit_id"], ["audit.id"], name=op.f("fk_audit_case_audit_id")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_audit_case_image_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_case")),
        sa.UniqueConstraint("audit_id", "image_id", name=op.f("uq_audit_case_audit_id_image_id")),
    )
    op.create_index(
        "ix_audit_case_open", "audit_case", ["audit_id", "position"], unique=False, postgresql_where=sa.text("not done")
    )
    op.create_table(
        "epoch",
        sa.Column("run_id", sa.BigInteger(), nullable=False),
        sa.Column("epoch", sa.BigInteger(), nullable=False),
        sa.Column("values", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(["run_id"], ["run.id"], name=op.f("fk_epoch_run_id")),
        sa.PrimaryKeyConstraint("run_id", "epoch", name=op.f("pk_epoch")),
    )
    op.create_table(
        "pseudo_label",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("labelling_id", sa.BigInteger(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("presence", sa.Double(), nullable=False),
        sa.Column("agreement", sa.Double(), nullable=False),
        sa.Column("risk", sa.Double(), nullable=False),
        sa.Column("weight", sa.Double(), nullable=False),
        sa.Column("public_dice", sa.Double(), nullable=True),
        sa.Column("mask_id", sa.BigInteger(), nullable=True),
        sa.CheckConstraint(
            "decision in ('positive', 'negative', 'uncertain')", name=op.f("ck_pseudo_label_decision_word")
        ),
        sa.CheckConstraint("weight between 0 and 1", name=op.f("ck_pseudo_label_weight_range")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_pseudo_label_image_id")),
        sa.ForeignKeyConstraint(["labelling_id"], ["labelling.id"], name=op.f("fk_pseudo_label_labelling_id")),
        sa.ForeignKeyConstraint(["mask_id"], ["mask.id"], name=op.f("fk_pseudo_label_mask_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pseudo_label")),
        sa.UniqueConstraint(
            "labelling_id", "image_id", "finding", name=op.f("uq_pseudo_label_labelling_id_image_id_finding")
        ),
    )
    op.create_index(op.f("ix_pseudo_label_image_id"), "pseudo_label", ["image_id"], unique=False)
    op.create_index("ix_pseudo_label_public", "pseudo_label", ["labelling_id", "public_dice", "id"], unique=False)
    op.create_index(
        "ix_pseudo_label_risk", "pseudo_label", ["labelling_id", sa.literal_column("risk desc"), "id"], unique=False
    )
    op.create_table(
        "source_mask",
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mask_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint("kind in ('reference', 'public')", name=op.f("ck_source_mask_kind_word")),
        sa.ForeignKeyConstraint(["image_id"], ["image.id"], name=op.f("fk_source_mask_image_id")),
        sa.ForeignKeyConstraint(["mask_id"], ["mask.id"], name=op.f("fk_source_mask_mask_id")),
        sa.PrimaryKeyConstraint("image_id", "finding", name=op.f("pk_source_mask")),
    )
    op.create_table(
        "audit_item",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("stream", sa.Text(), nullable=False),
        sa.Column("stratum", sa.BigInteger(), nullable=False),
        sa.Column("inclusion_probability", sa.Double(), nullable=True),
        sa.Column("pseudo_label_id", sa.BigInteger(), nullable=False),
        sa.CheckConstraint(
            "stream <> 'MEASURE' or inclusion_probability > 0", name=op.f("ck_audit_item_measure_probability")
        ),
        sa.CheckConstraint(
            "stream in ('FIX', 'MEASURE', 'SENTINEL', 'HOLDOUT')", name=op.f("ck_audit_item_stream_word")
        ),
        sa.ForeignKeyConstraint(["case_id"], ["audit_case.id"], name=op.f("fk_audit_item_case_id")),
        sa.ForeignKeyConstraint(["pseudo_label_id"], ["pseudo_label.id"], name=op.f("fk_audit_item_pseudo_label_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_item")),
        sa.UniqueConstraint("case_id", "finding", name=op.f("uq_audit_item_case_id_finding")),
    )
    op.create_table(
        "read",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("case_id", sa.BigInteger(), nullable=False),
        sa.Column("image_id", sa.BigInteger(), nullable=False),
        sa.Column("image_sha256", sa.Text(), nullable=False),
        sa.Column("finding", sa.Text(), nullable=False),
        sa.Column("pseudo_label_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("verdict", sa.Text(), nullable=False),
        sa.Column("mask_id", sa.BigInteger(), nullable=True),
        sa.Column("dice", sa.Double(), nullable=True),
        sa.Column("unacceptable", sa.Boolean(), nullable=False),
        sa.Column("seconds", sa.Double(), nullable=False),
        sa.Column("blind", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sibling", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("fence", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.CheckConstraint("verdict in ('accept', 'fix', 'reject', 'cannot_tell')", name=op.f("ck_read_verdict_word")),
        sa.ForeignKeyConstraint(["account_id"], ["account.id"], name=op.f("fk_read_account_id")),
        sa.ForeignKeyConstraint(["case_id"], ["audit_case.id"], name=op.f("fk_read_case_id")),
        sa.ForeignKeyConstraint(
            ["image_id", "image_sha256"], ["image.id", "image.sha256"], name=op.f("fk_read_image_id_image_sha256")
        ),
        sa.ForeignKeyConstraint(["mask_id"], ["mask.id"], name=op.f("fk_read_mask_id")),
        sa.ForeignKeyConstraint(["pseudo_label_id"], ["pseudo_label.id"], name=op.f("fk_read_pseudo_label_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_read")),
    )
    op.create_index(op.f("ix_read_case_id"), "read", ["case_id"], unique=False)
    op.create_index(
        "ix_read_head",
        "read",
        ["image_id", "finding", sa.literal_column("id desc")],
        unique=False,
        postgresql_where=sa.text("not sibling"),
    )
    # iteration and labelling name each other; this side closes the ring.
    op.create_foreign_key("fk_iteration_labelling_id", "iteration", "labelling", ["labelling_id"], ["id"])
    _forbid_changes()


APPEND_ONLY = ("mask", "source_mask", "read", "audit_item", "gate_decision", "trail", "training_set", "submission")


def _forbid_changes() -> None:
    """What people said, and what was measured on it, cannot be rewritten: not by a bug, not by hand."""
    op.execute(
        """
        create function refuse_change() returns trigger language plpgsql as $$
        begin
            raise exception 'rows of % are never changed or deleted', tg_table_name
                using errcode = 'integrity_constraint_violation';
        end $$
        """
    )
    for table in APPEND_ONLY:
        op.execute(
            f"create trigger append_only before update or delete on {table} "
            "for each row execute function refuse_change()"
        )
        op.execute(
            f"create trigger append_only_whole before truncate on {table} "
            "for each statement execute function refuse_change()"
        )
