from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("openid", "0023_refusals_that_nobody_proved"),
    ]

    operations = [
        migrations.AddField(
            model_name="accesstoken",
            name="token_hash",
            field=models.CharField(blank=True, db_default="", default="", max_length=64),
        ),
    ]
